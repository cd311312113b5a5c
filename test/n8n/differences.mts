/**
 * Where older n8n (`scripts/n8n/versions/`) do less by themselves, before the nodes have a say. What of
 * it users notice is in the README's table.
 */
import { n8n } from './fixture.mts';

/** Whether the n8n under test is older than this version. */
function isBefore(version: string): boolean {
	return n8n.version.localeCompare(version, 'en', { numeric: true }) < 0;
}

/** JSON behind a byte order mark; older ones answer it with 422, as what can't be parsed. */
export const READS_JSON_BEHIND_BOM = !isBefore('2.41');

/** A credential without a required field; 2.4 and older don't save it. */
export const SAVES_INCOMPLETE_CREDENTIALS = !isBefore('2.20');

/** The credential's test where the stored token lacks a scope; 2.4 and older keep that token. */
export const TESTS_WITH_A_NEW_TOKEN = !isBefore('2.20');

/**
 * A run that was accepted and not begun when n8n was stopped: seen lost on 1.123, and taken for possible
 * on those that stop in the same way.
 */
export const LOSES_RUNS_AS_IT_STOPS = isBefore('2.41');

/**
 * A delivery's 200 before its run is recorded, unless it's to wait for the run's end: `webhook-helpers.js`
 * of 2.4 and 1.123 calls back for `onReceived` above `WorkflowRunner.run`, that of newer ones below it.
 */
export const ANSWERS_BEFORE_IT_RECORDS = isBefore('2.20');
