import { DatabaseSync } from 'node:sqlite';
import { CannotRunError } from '../exit-codes';
import { explainWorkspaceError } from './workspace';

describe('explainWorkspaceError', () => {
  it('explains what to do if the disk is full', () => {
    const db = new DatabaseSync('');
    db.exec('PRAGMA max_page_count = 2; CREATE TABLE a (text TEXT)');
    const insert = (): void => {
      db.prepare('INSERT INTO a VALUES (?)').run('x'.repeat(100_000));
    };
    const explained = errorOf(insert);
    db.close();
    expect(explained).toBeInstanceOf(CannotRunError);
    expect(String(explained)).toMatch(/is full.*TMPDIR/);
  });

  it('changes no other error', () => {
    const error = errorOf(() => new DatabaseSync('').prepare('SELECT * FROM absent'));
    expect(String(error)).toContain('no such table');
    expect(error).not.toBeInstanceOf(CannotRunError);
  });
});

function errorOf(work: () => void): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return explainWorkspaceError(error);
  }
}
