export { customerHash } from './customer-hash';
export { maxAliases, maxAttributes } from './domain/limits';
export { type AttributeRule, enrich, environmentFor, type EventPatch } from './domain/enrichment';
export { type Observation, observe } from './domain/observation';
export { join, emptyProfile, type OrderKey, type Profile } from './domain/profile';
export { CustomerLookup, type LookupResult, type LookupOptions } from './lookup/customer-lookup';
export { type ApiAccess, RevenueCatApi } from './lookup/revenuecat-api';
export { forgetCustomer, findCustomerIds } from './profile-eraser';
export { type ProfilePointers, ProfileStore, readProfile } from './profile-store';
