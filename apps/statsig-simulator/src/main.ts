import 'reflect-metadata';
import { runApp } from '@app/platform';
import { simulatorApp } from './simulator.app';

void runApp(simulatorApp);
