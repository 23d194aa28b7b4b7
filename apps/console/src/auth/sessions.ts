import { maxTimerMs } from '@app/platform';
import { filter, merge, type Observable, Subject, timer } from 'rxjs';
import { type Session } from './session';

/** Sessions that were signed out before they expired. Only this console knows them, until it restarts. */
export class Sessions {
  private readonly signedOut = new Map<string, number>();
  private readonly ends = new Subject<string>();

  signOut({ id, expiresAtMs }: Session, nowMs: number): void {
    for (const [known, atMs] of this.signedOut) if (atMs <= nowMs) this.signedOut.delete(known);
    this.signedOut.set(id, expiresAtMs);
    this.ends.next(id);
  }

  isSignedOut({ id }: Session): boolean {
    return this.signedOut.has(id);
  }

  /** Emits when the session is signed out or expires. */
  endOf({ id, expiresAtMs }: Session, nowMs: number): Observable<unknown> {
    return merge(
      this.ends.pipe(filter((ended) => ended === id)),
      timer(Math.min(maxTimerMs, Math.max(0, expiresAtMs - nowMs))),
    );
  }
}
