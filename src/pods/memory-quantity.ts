/**
 * apimachinery pkg/api/resource suffixer.go: what each suffix stands for. Decimal ones become the
 * exponent of a number literal, which JavaScript rounds correctly; multiplying by 0.001 would not.
 */
const DECIMAL_EXPONENT: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY_FACTOR: Readonly<Record<string, number>> = {
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** apimachinery pkg/api/resource quantity.go: `<signedNumber><suffix>`; a limit is never negative. */
const QUANTITY =
  /^\+?(?<number>\d+\.?\d*|\.\d+)(?:(?<binary>[KMGTPE]i)|(?<decimal>[numkMGTPE])|[eE](?<exponent>[+-]?\d+))?$/;

/**
 * A Kubernetes quantity in whole bytes, rounded up as `Quantity.Value()` does.
 *
 * client-node 2.0.1 has a `quantityToScalar` and does not export it; it throws on a fraction (`1.5Gi`)
 * and on garbage. Beyond 2⁵³ bytes (8 PiB) the last digits are lost, which no node will notice.
 */
export function memoryQuantity(quantity: unknown): number | undefined {
  if (typeof quantity === 'number') return wholeBytes(quantity);
  if (typeof quantity !== 'string') return undefined;
  const parts = QUANTITY.exec(quantity)?.groups;
  if (parts === undefined) return undefined;
  const exponent = parts['exponent'] ?? DECIMAL_EXPONENT[parts['decimal'] ?? ''] ?? 0;
  const factor = BINARY_FACTOR[parts['binary'] ?? ''] ?? 1;
  return wholeBytes(Number(`${parts['number']}e${exponent}`) * factor);
}

function wholeBytes(value: number): number | undefined {
  return Number.isFinite(value) && value >= 0 ? Math.ceil(value) : undefined;
}
