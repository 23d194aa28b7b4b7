import { z } from 'zod';

/**
 * What the value of an event is, in the words of RevenueCat's other integrations: gross revenue, revenue after store commission,
 * or revenue after store commission and taxes (https://www.revenuecat.com/docs/dashboard-and-metrics/taxes-and-commissions).
 */
export const revenueSchema = z.enum(['gross', 'after_commission', 'after_commission_and_tax']);
