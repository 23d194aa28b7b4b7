import 'reflect-metadata';
import { runApp } from '@app/platform';
import { dispatcherApp } from './dispatcher.app';

void runApp(dispatcherApp);
