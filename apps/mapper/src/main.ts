import 'reflect-metadata';
import { runApp } from '@app/platform';
import { mapperApp } from './mapper.app';

void runApp(mapperApp);
