import { readFileSync } from 'node:fs';
import type { AgentOptions } from 'node:https';
import {
  type Cluster,
  type DispatcherOptions,
  KubeConfig,
  type RequestContext,
} from '@kubernetes/client-node';

/** How client-node keeps a token file in a user entry; everything in it is untyped there. */
interface TokenFileUser {
  readonly authProvider?: { readonly config?: { readonly tokenFile?: string } };
}

/**
 * The cluster and how we authenticate there. client-node reads the credentials and the trust from
 * disk for every request, which costs two small reads and is what lets a rotated CA or client
 * certificate be seen; only the dispatcher it would build each time is left out.
 */
export class ClusterAccess extends KubeConfig {
  /** How the last authenticated request must be sent: trust, client certificate, proxy. */
  transport: DispatcherOptions = { type: 'none' };

  /**
   * Base of every path, without a slash at its end; empty where it is no URL. It is shown: a user and
   * password in it, which nobody would send, and a query are left out.
   */
  get server(): string {
    const url = URL.parse(this.getCurrentCluster()?.server ?? '');
    return url === null ? '' : `${url.protocol}//${url.host}${url.pathname}`.replace(/\/+$/, '');
  }

  /** Notes what the transport must be, and keeps client-node from building one of its own. */
  override createDispatcherOptions(
    cluster: Cluster | null,
    agentOptions: AgentOptions,
  ): DispatcherOptions {
    this.transport = super.createDispatcherOptions(cluster, agentOptions);
    return { type: 'none' };
  }

  /**
   * Adds the credentials. To a plain `http://` server none are sent, as clientcmd does
   * (`IsConfigTransportTLS` in client-go tools/clientcmd/client_config.go).
   *
   * The token file is read each time: client-node remembers it for 60 s, in which a rotated token
   * would be refused with 401 again and again.
   */
  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    if (this.server.startsWith('http:')) return;
    await super.applySecurityAuthentication(context);
    const tokenFile = (this.getCurrentUser() as TokenFileUser | null)?.authProvider?.config
      ?.tokenFile;
    if (tokenFile === undefined) return;
    context.setHeaderParam('Authorization', `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`);
  }
}
