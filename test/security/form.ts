/** True for `npm run test:security`; the short form is part of `npm test`. Set by the configuration of Jest. */
export const isLongForm = (globalThis as { isLongForm?: boolean }).isLongForm === true;

export const mebibyte = 1024 * 1024;

/** Rejects with the name of what takes too long, which a timeout of Jest does not tell. */
export async function within<T>(timeoutMs: number, what: string, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new Error(`${what}: not within ${String(timeoutMs / 1_000)} s`));
  }, timeoutMs);
  return Promise.race([work, promise]).finally(() => {
    clearTimeout(timer);
  });
}
