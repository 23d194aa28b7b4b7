import { silentLogger } from '@app/testing';
import { Database } from '../src/read-model/database';
import { ReadModel } from '../src/read-model/read-model';
import { topics } from './records';

/** @param file path of the database */
export function emptyModel(file = ':memory:', logger = silentLogger): ReadModel {
  return new ReadModel(new Database(file), { topics, defaultProjectId: 'default', logger });
}
