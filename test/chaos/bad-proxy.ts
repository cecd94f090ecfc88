import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeKubeconfig } from '../../hack/control-plane/kubeconfig.ts';
import type { ControlPlane } from '../../hack/control-plane/control-plane.ts';
import { type Certificate, makeCertificate } from '../support/certificates.ts';
import { type MisbehavingServer, startMisbehavingServer } from '../support/misbehaving-server.ts';
import type { Dice } from './dice.ts';
import { forwardTo, passOn } from './pass-on.ts';
import type { Trouble } from './plan-troubles.ts';
import { behaviourOf } from './whims.ts';

/** Stands before the real API server, with a certificate the agent trusts, and passes everything on unless told otherwise. */
export class BadProxy implements AsyncDisposable {
  readonly #server: MisbehavingServer;
  readonly #certificate: Certificate;
  readonly #forward: ReturnType<typeof forwardTo>;
  readonly #dice: Dice;

  private constructor(
    server: MisbehavingServer,
    certificate: Certificate,
    { url, caFile }: ControlPlane,
    dice: Dice,
  ) {
    this.#server = server;
    this.#certificate = certificate;
    this.#forward = forwardTo(url, caFile);
    this.#dice = dice;
    this.behaveWell();
  }

  static async start(cluster: ControlPlane, dice: Dice): Promise<BadProxy> {
    const [cert, key] = ['server.crt', 'server.key'].map((name) =>
      readFileSync(join(cluster.directory, name), 'utf8'),
    ) as [string, string];
    const server = await startMisbehavingServer({ cert, key });
    return new BadProxy(server, { cert, key }, cluster, dice);
  }

  /** For a client that asks the API server through this. */
  async writeKubeconfig(file: string, { caFile }: ControlPlane, token: string): Promise<void> {
    await writeKubeconfig(file, { url: this.#server.url, caFile }, { token });
  }

  /** How many requests have come. */
  get requests(): number {
    return this.#server.requests.length;
  }

  behaveWell(): void {
    this.#server.refuseConnections(false);
    this.#server.present(this.#certificate);
    this.#server.behave(passOn(this.#forward));
  }

  /** Until it is to behave well again. What the dice say of a request depends on how many came before. */
  misbehave(trouble: Trouble): void {
    const { kind } = trouble;
    if (kind === 'answers') {
      this.#answerOnAWhim(trouble.whims, trouble.share);
      return;
    }
    if (kind === 'wrong-certificate') this.#server.present(makeCertificate('somebody-else'));
    if (kind === 'no-connection') this.#server.refuseConnections(true);
    this.#server.hangUp();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  #answerOnAWhim(whims: readonly Parameters<typeof behaviourOf>[0][], share: number): void {
    const well = passOn(this.#forward);
    this.#server.behave((exchange) => {
      const [first = 'reset', ...others] = whims;
      const whim = this.#dice.pick([first, ...others]);
      const isWell = !this.#dice.chance(share);
      (isWell ? well : behaviourOf(whim, this.#dice, this.#forward))(exchange);
    });
  }
}
