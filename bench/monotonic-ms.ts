/** The monotonic clock of the machine, in milliseconds: unlike `performance.now()`, the same in all processes. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
