/** What was to be checked can't be; the message is a sentence for the user. */
export class CannotCheck extends Error {}
