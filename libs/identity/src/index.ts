export { customerHash } from './customer-hash';
export { enrich, environmentFor } from './domain/enrichment';
export { type Observation, observe } from './domain/observation';
export { join, emptyProfile, type Profile } from './domain/profile';
export { lookupConfig, profileConfig } from './identity-config';
export { CustomerLookup, type LookupResult } from './lookup/customer-lookup';
export { RevenueCatApi } from './lookup/revenuecat-api';
export { forgetCustomer, findCustomerIds } from './profile-eraser';
export { ProfileStore, readProfile } from './profile-store';
