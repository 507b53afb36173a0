export {
  ALERT_KINDS,
  type Alert,
  AlertDiffer,
  type AlertKind,
  type AlertLook,
  type AlertSubject,
} from './alert.js';
export { signatureOf, Webhook, type WebhookEnd, type WebhookOptions } from './webhook.js';
