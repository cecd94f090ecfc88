/** What the rows ask of a node. `hack/node` makes one: a kubelet, a kernel and a control plane in a VM. */
export interface NodeUnderTest {
  readonly nodeName: string;
  /** As `kubectl` at a shell: its stdout, an error with its stderr. */
  kubectl(args: readonly string[], options?: { readonly input?: string }): Promise<string>;
  /** Runs a command as root in the guest: its stdout. */
  shell(command: string): Promise<string>;
  /** The raw records that are in the kernel's ring. */
  kmsg(): Promise<string>;
  /** The agent's metrics, as a scraper gets them. */
  metrics(): Promise<string>;
  vmstatOomKill(): Promise<number>;
  deployAgent(): Promise<void>;
  reboot(): Promise<void>;
  stopApiServer(): Promise<void>;
  startApiServer(): Promise<void>;
  restartKubelet(): Promise<void>;
  setSingleProcessOomKill(on: boolean): Promise<void>;
}
