/** A cluster's meta servers: asks the one that answered last, then the others. */
import {
  type Address,
  formatAddress,
  parseAddress,
  type Request,
  type Response,
  type RpcClient,
  type RpcCode,
  RpcError,
} from '../pegasus/index.js';

/** Errors that say nothing about the request, only that this server is not the one to ask. */
const ASK_ANOTHER = new Set(['ERR_NETWORK_FAILURE', 'ERR_FORWARD_TO_OTHERS', 'ERR_SERVICE_NOT_ACTIVE']);

export class MetaGroup {
  readonly #client: RpcClient;
  readonly #configured: () => readonly string[];
  #known = '';
  #metas: readonly Address[] = [];
  #leader = 0;

  /** @param metas each as `host:port`; a function is asked again before every call */
  constructor(client: RpcClient, metas: readonly string[] | (() => readonly string[])) {
    this.#client = client;
    this.#configured = typeof metas === 'function' ? metas : () => metas;
    if (typeof metas !== 'function') this.#refresh();
  }

  /** `host:port` of the server that is asked first. */
  get current(): string {
    const meta = this.#metas[this.#leader];
    return meta === undefined ? '' : formatAddress(meta);
  }

  /** An operator may have told other addresses since the last call. */
  #refresh(): void {
    const names = this.#configured();
    const known = names.join(',');
    if (known === this.#known) return;
    this.#metas = names.map((name) => parseAddress(name));
    this.#known = known;
    this.#leader = 0;
  }

  /**
   * Asks the leader; on a failure to reach it, or when it is not the leader, each other server once.
   * Never repeats a request whose outcome is unknown: a time-out is the caller's to resolve. The next call
   * begins with another server then, for one that is silent is silent to every call.
   *
   * @throws RpcError
   */
  async call<C extends RpcCode>(
    code: C,
    request: Request<C>,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<Response<C>> {
    this.#refresh();
    let last: RpcError | null = null;
    for (let tried = 0; tried < this.#metas.length; tried++) {
      const meta = this.#metas[this.#leader];
      if (meta === undefined) break;
      try {
        const response = await this.#client.call(meta, code, request, options);
        const err = (response as { readonly err?: string } | undefined)?.err;
        if (err !== 'ERR_FORWARD_TO_OTHERS') return response;
        last = new RpcError(err, code, formatAddress(meta), 'not the leader');
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
        if (error.code === 'ERR_TIMEOUT') this.#askNextFrom(meta);
        if (!ASK_ANOTHER.has(error.code)) throw error;
        last = error;
      }
      this.#askNextFrom(meta);
    }
    throw last ?? new RpcError('ERR_NETWORK_FAILURE', code, 'no meta server', 'none is configured');
  }

  /** Calls under way at the same time move the leader on once, not each. */
  #askNextFrom(failed: Address): void {
    if (this.#metas[this.#leader] === failed) this.#leader = (this.#leader + 1) % this.#metas.length;
  }
}
