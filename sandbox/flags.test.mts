import { expect, test } from 'vitest';

import { helpText, readFlags } from './flags.mts';

test('without flags it is a Standard plan on the usual ports', () => {
	expect(readFlags([])).toEqual({
		options: { dataDir: '.sandbox', port: 4010, adminPort: 4011, plan: 'standard' },
		stopWithParent: false,
		help: false,
	});
});

test('flags become options', () => {
	const { options, stopWithParent } = readFlags([
		'--pagination=links.next',
		'--hash-field=checksum',
		'--hash-prefix',
		'--clock-speed',
		'0.5',
		'--max-file-bytes=0',
		'--stop-with-parent',
	]);
	expect(options).toMatchObject({
		pagination: 'links.next',
		hashField: 'checksum',
		hashPrefix: true,
		clockSpeed: 0.5,
		maxFileBytes: 0,
	});
	expect(stopWithParent).toBe(true);
});

test.each([
	['--plan=gold', '--plan must be one of standard, enterprise, unlimited'],
	['--port=http', '--port must be a whole number from 0 to 65535'],
	['--page-size=0', '--page-size must be a whole number from 1 to 200'],
	['--seed=1.5', '--seed must be a whole number'],
	['--clock-speed=0', '--clock-speed must be a number'],
	['--data-dir=', '--data-dir must not be empty'],
	['--colour=red', "Unknown option '--colour'"],
	['4010', 'Unexpected argument'],
])('%s is refused', (flag, message) => {
	expect(() => readFlags([flag])).toThrow(message);
});

test('the help names every flag', () => {
	expect(helpText().split('\n')).toHaveLength(27);
	expect(helpText()).toContain('--webhook-timeout-ms');
});
