export { CHECKS, type CheckCode, type Finding, type Severity, type Verdict } from './finding.js';
export { type PreflightOptions, type PreflightReport, preflight } from './preflight.js';
