/** A template used a filter in a way that makes no sense for this event. The message quotes nothing of the event. */
export class FilterFault extends Error {}
