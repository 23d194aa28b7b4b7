/** Builds the apps and the CLI, which some tests run as processes. */
import { buildApps } from '../start/build-apps';

void buildApps();
