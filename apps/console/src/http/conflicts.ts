import { ConflictException } from '@nestjs/common';

/** @param problem a sentence that says what cannot be stored without a key */
export function missingEncryptionKey(problem: string): ConflictException {
  return new ConflictException(`${problem} Set SETTINGS_ENCRYPTION_KEY to the same value for every app.`);
}

/** @param what what was changed, as the subject of a sentence */
export function changedBySomeoneElse(what: string): ConflictException {
  return new ConflictException(
    `${what} has been changed by someone else. Reload it, and repeat your change.`,
  );
}
