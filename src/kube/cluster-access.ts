import { readFileSync } from 'node:fs';
import type { AgentOptions } from 'node:https';
import {
  type Cluster,
  type DispatcherOptions,
  HttpMethod,
  KubeConfig,
  RequestContext,
} from '@kubernetes/client-node';
import { ApiError } from './api-errors.ts';

/** How client-node keeps a token file in a user entry; everything in it is untyped there. */
interface TokenFileUser {
  readonly authProvider?: { readonly config?: { readonly tokenFile?: string } };
}

/** What lets a request in. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  /** How it must be sent: trust, client certificate, proxy. */
  readonly transport: DispatcherOptions;
}

/**
 * The cluster and how we authenticate there. client-node reads the credentials and the trust from
 * disk for every request, which costs two small reads and is what lets a rotated CA or client
 * certificate be seen; only the dispatcher it would build each time is left out.
 */
export class ClusterAccess extends KubeConfig {
  #transport: DispatcherOptions = { type: 'none' };

  /**
   * Base of every path, without a slash at its end; empty where it is no URL. It is shown: a user and
   * password in it, which nobody would send, and a query are left out.
   */
  get server(): string {
    const url = URL.parse(this.getCurrentCluster()?.server ?? '');
    return url === null ? '' : `${url.protocol}//${url.host}${url.pathname}`.replace(/\/+$/, '');
  }

  /**
   * The credentials as they are now. To a plain `http://` server none are sent, as clientcmd does
   * (`IsConfigTransportTLS` in client-go tools/clientcmd/client_config.go).
   *
   * The token file is read each time: client-node remembers it for 60 s, in which a rotated token
   * would be refused with 401 again and again.
   *
   * @throws {ApiError} E_API_CREDENTIALS
   */
  async credentials(): Promise<Credentials> {
    try {
      return await this.#read();
    } catch (err) {
      const doing = `read the credentials for ${this.server}`;
      // It quotes what it could not read, and a plugin that prints no JSON may print a token.
      const cause = err instanceof SyntaxError ? new Error('the exec plugin printed no JSON') : err;
      throw new ApiError(doing, { code: 'E_API_CREDENTIALS', retryable: true }, cause);
    }
  }

  async #read(): Promise<Credentials> {
    if (this.server.startsWith('http:')) return { headers: {}, transport: { type: 'none' } };
    // client-node writes them into a request; what the request is does not matter to it.
    const request = new RequestContext(this.server, HttpMethod.GET);
    await this.applySecurityAuthentication(request);
    const tokenFile = (this.getCurrentUser() as TokenFileUser | null)?.authProvider?.config
      ?.tokenFile;
    if (tokenFile !== undefined) {
      request.setHeaderParam('Authorization', `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`);
    }
    return { headers: request.getHeaders(), transport: this.#transport };
  }

  /** Notes what the transport must be, and keeps client-node from building one of its own. */
  override createDispatcherOptions(
    cluster: Cluster | null,
    agentOptions: AgentOptions,
  ): DispatcherOptions {
    this.#transport = super.createDispatcherOptions(cluster, agentOptions);
    return { type: 'none' };
  }
}
