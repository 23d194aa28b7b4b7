/** What is to be pasted into RevenueCat, and what can be chosen. */
export interface IntegrationSetup {
  webhookUrl: string;
  /** Empty: the door asks for none, or it is not told to the console. */
  authorization: string;
  defaultProjectId: string;
  /** False: without SETTINGS_ENCRYPTION_KEY integrations cannot be kept. */
  canSave: boolean;
  eventTypes: readonly string[];
  defaultEventTypes: readonly string[];
  sensitiveAttributes: readonly string[];
}
