import 'reflect-metadata';
import { runApp } from '@app/platform';
import { ingestApp } from './ingest.app';

void runApp(ingestApp);
