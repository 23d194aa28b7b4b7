import { useCallback } from 'react';
import { useSearchParams } from 'react-router';

export type UrlChange = Readonly<Record<string, string | undefined>>;

/** State of a page in its URL, so that it survives a reload and can be shared. */
export function useUrlState(): [URLSearchParams, (change: UrlChange) => void] {
  const [params, setParams] = useSearchParams();
  const change = useCallback(
    (changes: UrlChange) => {
      setParams(
        (before) => {
          const after = new URLSearchParams(before);
          for (const [name, value] of Object.entries(changes)) {
            if (value === undefined || value === '') after.delete(name);
            else after.set(name, value);
          }
          return after;
        },
        { replace: true },
      );
    },
    [setParams],
  );
  return [params, change];
}
