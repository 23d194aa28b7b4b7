import { isPaywallEvent, type RevenueCatEvent, statsigEventNames } from '@app/revenuecat';

/** The ten types that RevenueCat's own Statsig integration sends. */
export const defaultEventTypes: readonly string[] = Object.keys(statsigEventNames);

/** Paywall events may be renamed in RevenueCat's dashboard; this selects them by what they are. */
const paywallEvents = 'PAYWALL_*';

/** Whether an event is among the selected types. A trailing `*` selects all types that begin so; `*` selects every event. */
export function isSelected(event: RevenueCatEvent, selection: readonly string[]): boolean {
  return selection.some((selected) => {
    if (selected === paywallEvents) return isPaywallEvent(event);
    return selected.endsWith('*') ? event.type.startsWith(selected.slice(0, -1)) : event.type === selected;
  });
}
