/** An event as the simulator sees it, independent of the endpoint that received it. */
export interface IncomingEvent {
  /** RevenueCat's event id, in `metadata` for the events API; undefined if the sender did not set one. */
  id: string | undefined;
  userId: string | undefined;
  name: string;
  value: string | number | undefined;
  /** As sent: RevenueCat's PRODUCTION or SANDBOX, or Statsig's tier. */
  environment: string;
  isProduction: boolean;
}
