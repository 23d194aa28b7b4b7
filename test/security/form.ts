/** True for `npm run test:security`, false for `npm test`. The Jest configuration sets it. */
export const isLongForm = (globalThis as { isLongForm?: boolean }).isLongForm === true;

export const mebibyte = 1024 * 1024;

/** Rejects with the name of the step that timed out, which a Jest timeout does not report. */
export async function within<T>(timeoutMs: number, what: string, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new Error(`${what} took longer than ${String(timeoutMs / 1_000)} s`));
  }, timeoutMs);
  return Promise.race([work, promise]).finally(() => {
    clearTimeout(timer);
  });
}
