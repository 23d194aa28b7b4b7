import 'reflect-metadata';
import { runApp } from '@app/platform';
import { consoleApp } from './console.app';

void runApp(consoleApp);
