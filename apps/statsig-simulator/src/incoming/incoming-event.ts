/** What the simulator needs to know of an event, whichever endpoint received it. */
export interface IncomingEvent {
  /** RevenueCat's event id, which the events API carries in `metadata`; undefined where the sender gave none. */
  id: string | undefined;
  userId: string | undefined;
  name: string;
  value: string | number | undefined;
  currency: string | undefined;
  /** As the sender says it: RevenueCat's PRODUCTION or SANDBOX, Statsig's tier. */
  environment: string;
  isProduction: boolean;
}
