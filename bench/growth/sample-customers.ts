/** A prime, so that the customers are spread over all known ones, and each is used once before any is used again. */
const stride = 7_919;

/** Customer and round of the n-th event, from 0, of `known` customers that is not a multiple of the stride. */
export function knownCustomerAt(
  n: number,
  known: number,
  firstRound: number,
): { customer: number; round: number } {
  return { customer: (n * stride) % known, round: firstRound + Math.floor(n / known) };
}
