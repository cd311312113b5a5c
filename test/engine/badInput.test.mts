import { createHash } from 'node:crypto';

import type { IBinaryKeyData, INodeParameters } from 'n8n-workflow';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { openAccount, type Account } from './harness/account.mts';
import { keepContent } from './harness/binary.mts';
import { byId, getAll, getControl, submit, verify } from './harness/parameters.mts';
import { requestsSeen } from './harness/traffic.mts';

/**
 * Bad input is refused before any request, with a sentence that names the field and the item. Values
 * come from expressions, as n8n itself checks fixed ones in the editor only.
 */
let account: Account;

beforeAll(async () => {
	account = await openAccount();
});
afterAll(async () => await account.close());
beforeEach(async () => await account.sandbox.admin.resetStats());

interface Refusal {
	what: string;
	/** The value of `$json.value` in the bad item. */
	bad: unknown;
	/** The same in the good items around it. */
	good: unknown;
	parameters: INodeParameters;
	/** The field as the user knows it. */
	field: string;
	/** Of the bad item, instead of a file that can be submitted. */
	binary?: () => Promise<IBinaryKeyData>;
}

const VALUE = '={{ $json.value }}';
const CONTENT = 'content';
const file = async (fileName?: string) => ({
	data: await keepContent(CONTENT, { fileName, mimeType: 'text/plain' }),
});

/** What an expression may yield instead of text. */
const NO_TEXT: Array<[what: string, value: unknown]> = [
	['that is an object', { id: 'eng_xyz789' }],
	['that is a list', ['eng_xyz789']],
	['that is true', true],
];

/** IDs that are empty, or would lead to another path of the API. */
const BAD_IDS: Array<[what: string, id: unknown]> = [
	['empty', ''],
	['of spaces', '   '],
	['undefined', undefined],
	['null', null],
	['with a slash', 'eng_xyz789/evidence'],
	['with a backslash', 'eng_xyz789\\evidence'],
	['with a question mark', 'eng_xyz789?admin=1'],
	['with a fragment', 'eng_xyz789#x'],
	['with ..', '..'],
	['with .. inside', 'eng_..789'],
	['of one dot', '.'],
	['percent-encoded', '%2e%2e%2fadmin'],
	['with a line feed', 'eng_xyz789\nX-Admin: 1'],
	['with CR LF', 'eng_xyz789\r\nX-Admin: 1'],
	['with NUL', 'eng_xyz789\u0000'],
	['with DEL', 'eng_xyz789\u007f'],
	['with a C1 control character', 'eng_xyz789\u0085'],
	['with a zero-width space', 'eng_\u200bxyz789'],
	['with a text direction mark', 'eng_\u202exyz789'],
	['of invisible characters', '\u200b\ufeff'],
	['with a space', 'eng xyz789'],
	['with half a character pair', 'eng_\ud800'],
	...NO_TEXT,
];

const idRefusals = BAD_IDS.flatMap(([what, bad]): Refusal[] => [
	...[getControl, submit, verify].map((operation) => ({
		what: `engagement ID ${what} (${operation.name})`,
		bad,
		good: 'eng_xyz789',
		parameters: operation({ engagementId: byId(VALUE) }),
		field: 'Engagement',
	})),
	...[getControl, submit, verify].map((operation) => ({
		what: `control ID ${what} (${operation.name})`,
		bad,
		good: 'ctrl_abc123',
		parameters: operation({ controlId: VALUE }),
		field: 'Control ID',
	})),
]);

const limitRefusals = [0, -1, 1.5, '0', '', 'many', NaN, null, Infinity, true, {}, [], [5]].map(
	(bad): Refusal => ({
		what: `limit ${JSON.stringify(bad)}`,
		bad,
		good: 1,
		parameters: getAll({ limit: VALUE }),
		field: 'Limit',
	}),
);

const optionRefusals = (
	[
		['maxRetries', 'Max Retries', [-1, 0.5, 'often'], 0],
		['maxWaitSeconds', 'Max Wait', [-1, 'long'], 1],
		['parallelRequests', 'Parallel Requests', [0, -4, 1.5], 1],
	] as const
).flatMap(([name, field, values, good]) =>
	values.flatMap((bad) =>
		[getAll, getControl, submit, verify].map(
			(operation): Refusal => ({
				what: `${name} ${bad} (${operation.name})`,
				bad,
				good,
				parameters: operation({
					options: { [name]: VALUE },
					...(operation === getAll && { limit: 1 }),
				}),
				field,
			}),
		),
	),
);

const BAD_HASHES = [
	'',
	' ',
	undefined,
	null,
	'abc',
	'z'.repeat(64),
	'a'.repeat(63),
	'a'.repeat(65),
	'md5:' + 'a'.repeat(64),
	'sha1:' + 'a'.repeat(40),
	12,
	{ sha256: 'a'.repeat(64) },
	['a'.repeat(64)],
];

const sha256Refusals = BAD_HASHES.flatMap((bad): Refusal[] => [
	{
		what: `expectedSha256 ${JSON.stringify(bad)}`,
		bad,
		good: createHash('sha256').update(CONTENT).digest('hex'),
		parameters: submit({ options: { expectedSha256: VALUE } }),
		field: 'Expected SHA-256',
	},
	{
		what: `sha256 ${JSON.stringify(bad)} (verify)`,
		bad,
		good: createHash('sha256').update(CONTENT).digest('hex'),
		parameters: verify({ evidenceSource: 'sha256', sha256: VALUE }),
		field: 'SHA-256',
	},
]);

const BAD_NAMES: Array<[what: string, name: string]> = [
	['empty', ''],
	['of spaces', '  '],
	['with CR LF', 'a\r\nX-Injected: 1.txt'],
	['with a line feed', 'a\nb.txt'],
	['with NUL', 'a\u0000b.txt'],
	['longer than 255 characters', `${'a'.repeat(252)}.txt`],
	['of 256 characters beyond ASCII', `${'ü'.repeat(252)}.txt`],
	['with a quotation mark', 'a"; filename="b.txt'],
	['with what quotation marks are sent as', 'a%22b.txt'],
	['with a path', '../a.txt'],
	['with a path as Windows has it', 'C:\\a.txt'],
	['of two dots', '..'],
	['with half a character pair', 'a\udc00.txt'],
];

const nameRefusals = BAD_NAMES.flatMap(([what, bad]): Refusal[] => [
	// A file without a name gets one.
	...(bad.trim() === ''
		? []
		: [
				{
					what: `file name ${what} (of the file)`,
					bad,
					good: '',
					parameters: submit(),
					field: 'file name',
					binary: async () => await file(bad),
				},
			]),
	...namesGiven(what, bad),
]);

/** The same names, where the user gives them. */
function namesGiven(what: string, bad: unknown): Refusal[] {
	return [
		{
			what: `file name ${what} (option)`,
			bad,
			good: 'a.txt',
			parameters: submit({ options: { fileName: VALUE } }),
			field: 'File Name',
		},
		{
			what: `file name ${what} (of text)`,
			bad,
			good: 'a.txt',
			parameters: submit({ evidenceSource: 'text', text: 'text', fileName: VALUE }),
			field: 'File Name',
		},
	];
}

const notText: Refusal[] = [['that is undefined', undefined] as const, ...NO_TEXT].flatMap(
	([what, bad]): Refusal[] => [
		...namesGiven(what, bad),
		{
			what: `a binary field name ${what}`,
			bad,
			good: 'data',
			parameters: submit({ binaryPropertyName: VALUE }),
			field: 'Input Binary Field',
		},
		{
			what: `text ${what}`,
			bad,
			good: 'text',
			parameters: submit({ evidenceSource: 'text', text: VALUE, fileName: 'a.txt' }),
			field: 'Text',
		},
	],
);

const outputRefusals: Refusal[] = [getControl, getAll].flatMap((operation) => [
	...['simple', 'all', true, ['simplified']].map(
		(bad): Refusal => ({
			what: `output ${JSON.stringify(bad)} (${operation.name})`,
			bad,
			good: 'simplified',
			parameters: operation({
				options: { output: VALUE },
				...(operation === getAll && { limit: 1 }),
			}),
			field: 'Output',
		}),
	),
	...['', ' , ', { id: true }, undefined].map(
		(bad): Refusal => ({
			what: `fields ${JSON.stringify(bad)} (${operation.name})`,
			bad,
			good: 'id',
			parameters: operation({
				options: { output: 'selectedFields', fields: VALUE },
				...(operation === getAll && { limit: 1 }),
			}),
			field: 'Fields',
		}),
	),
]);

const moreNotText: Refusal[] = NO_TEXT.flatMap(([what, bad]): Refusal[] => [
	{
		what: `a description ${what}`,
		bad,
		good: 'Q1 access review',
		parameters: submit({ description: VALUE }),
		field: 'Description',
	},
	{
		what: `a MIME type ${what}`,
		bad,
		good: 'text/plain',
		parameters: submit({ options: { mimeType: VALUE } }),
		field: 'MIME Type',
	},
]);

const flagRefusals = ['yes', 1, {}, []].flatMap((bad): Refusal[] => [
	{
		what: `skipIfSubmitted ${JSON.stringify(bad)}`,
		bad,
		good: 'true',
		parameters: submit({ options: { skipIfSubmitted: VALUE } }),
		field: 'Skip If Submitted',
	},
	{
		what: `returnAll ${JSON.stringify(bad)}`,
		bad,
		good: 'false',
		parameters: getAll({ returnAll: VALUE, limit: 1 }),
		field: 'Return All',
	},
]);

const submitRefusals: Refusal[] = [
	{
		what: 'a binary field that is missing (verify)',
		bad: 'other',
		good: 'data',
		parameters: verify({ binaryPropertyName: VALUE }),
		field: 'other',
	},
	{
		what: 'a binary field with text (verify)',
		bad: '',
		good: '',
		parameters: verify(),
		field: 'field “data”',
		binary: async () => ({ data: 'content' }) as unknown as IBinaryKeyData,
	},
	{
		what: 'empty text (verify)',
		bad: '',
		good: 'text',
		parameters: verify({ evidenceSource: 'text', text: VALUE }),
		field: 'Text',
	},
	{
		what: 'a binary field that is missing',
		bad: 'other',
		good: 'data',
		parameters: submit({ binaryPropertyName: VALUE }),
		field: 'other',
	},
	{
		what: 'one of several binary fields that is missing',
		bad: 'data, other',
		good: 'data',
		parameters: submit({ binaryPropertyName: VALUE }),
		field: 'other',
	},
	{
		what: 'an empty binary field name',
		bad: '',
		good: 'data',
		parameters: submit({ binaryPropertyName: VALUE }),
		field: 'Input Binary Field',
	},
	{
		what: 'commas without a binary field name',
		bad: ' , ',
		good: 'data',
		parameters: submit({ binaryPropertyName: VALUE }),
		field: 'Input Binary Field',
	},
	{
		what: 'an item without binary data',
		bad: '',
		good: '',
		parameters: submit(),
		field: 'data',
		binary: async () => ({}),
	},
	{
		what: 'empty text',
		bad: '',
		good: 'text',
		parameters: submit({ evidenceSource: 'text', text: VALUE, fileName: 'a.txt' }),
		field: 'Text',
	},
	{
		what: 'a MIME type that is none',
		bad: 'text/plain\r\nX-Injected: 1',
		good: 'text/plain',
		parameters: submit({ options: { mimeType: VALUE } }),
		field: 'MIME Type',
	},
];

const CONTENT_BASE64 = Buffer.from(CONTENT).toString('base64');

/** Binaries as Code nodes and other packages make them, none of which is one of n8n's. */
const NO_FILES: Array<[what: string, binary: unknown]> = [
	['text', 'content'],
	['a data URI', `data:text/plain;base64,${CONTENT_BASE64}`],
	['a number', 7],
	['null', null],
	['true', true],
	['a list of files', [{ data: CONTENT_BASE64, mimeType: 'text/plain', fileName: 'a.txt' }]],
	['an empty object', {}],
	['a file without data', { mimeType: 'text/plain', fileName: 'a.txt' }],
	['a file whose id is a number', { id: 7, mimeType: 'text/plain', data: 'database' }],
	['a file of another store', { id: 'elsewhere:7', mimeType: 'text/plain', data: 'elsewhere' }],
	['a file that n8n does not have', { id: 'filesystem-v2:a/b/c', mimeType: 'text/plain' }],
	...(
		[
			['plain text', 'All 214 accounts were reviewed.'],
			['short plain text', 'Hello'],
			['text beyond ASCII', 'geprüft'],
			['base64 that breaks off', CONTENT_BASE64.slice(0, -3)],
			['base64 with too much padding', `${CONTENT_BASE64}=`],
			['base64 with padding inside', `YQ==${CONTENT_BASE64}`],
			['two files in base64', `${CONTENT_BASE64}, ${CONTENT_BASE64}`],
			['JSON', '{"a":1}'],
			['a data URI that is not base64', 'data:text/plain,content'],
			['a data URI with bad base64', 'data:text/plain;base64,content!'],
			['a web address', 'https://example.com/a.pdf'],
			['the name of a store', 'filesystem-v2'],
			['the name of another store', 'database'],
			['a list of bytes', [1, 2, 3]],
			['a buffer as JSON', { type: 'Buffer', data: [1, 2, 3] }],
			['a buffer', Buffer.from(CONTENT)],
			['a number', 7],
			['null', null],
		] as const
	).map(([what, data]): [string, unknown] => [
		`a file whose data is ${what}`,
		{ data, mimeType: 'text/plain', fileName: 'a.txt' },
	]),
	['a file that lost its data', { data: '', bytes: 7, mimeType: 'text/plain' }],
	['a file that lost its data, of an older n8n', { data: '', fileSize: '7 B', mimeType: 'a/b' }],
];

const noFileRefusals = NO_FILES.flatMap(([what, bad]): Refusal[] => [
	{
		what: `a binary field with ${what}`,
		bad: '',
		good: '',
		parameters: submit(),
		field: 'field “data”',
		binary: async () => ({ data: bad }) as IBinaryKeyData,
	},
	...(typeof bad === 'object' || typeof bad === 'boolean'
		? [
				{
					what: `a binary by expression that is ${what}`,
					bad,
					good: 'data',
					parameters: submit({ binaryPropertyName: VALUE }),
					field: 'Input Binary Field',
				},
			]
		: []),
]);

const moreBinaryRefusals: Refusal[] = [
	...['file content', ['data'], 7, true].map(
		(bad): Refusal => ({
			what: `${JSON.stringify(bad)} as all binary data of an item`,
			bad: '',
			good: '',
			parameters: submit(),
			field: 'data',
			binary: async () => bad as unknown as IBinaryKeyData,
		}),
	),
	{
		what: 'a binary by expression with a blank behind it',
		bad: { blank: ' ' },
		good: 'data',
		parameters: submit({
			binaryPropertyName: '={{ $json.value.blank ? $json.value + $json.value.blank : "data" }}',
		}),
		field: 'Input Binary Field',
	},
	{
		what: 'all binaries of an item by expression',
		bad: 'all',
		good: 'data',
		parameters: submit({
			binaryPropertyName: '={{ $json.value === "all" ? $binary : $json.value }}',
		}),
		field: 'Input Binary Field',
	},
	{
		what: 'an expected hash for several files',
		bad: 'data, more',
		good: 'data',
		parameters: submit({
			binaryPropertyName: VALUE,
			options: { expectedSha256: createHash('sha256').update(CONTENT).digest('hex') },
		}),
		field: 'Expected SHA-256',
		binary: async () => ({ ...(await file('a.txt')), more: (await file('b.txt')).data }),
	},
	{
		what: 'one file name for several files',
		bad: 'data, more',
		good: 'data',
		parameters: submit({ binaryPropertyName: VALUE, options: { fileName: 'a.txt' } }),
		field: 'File Name',
		binary: async () => ({ ...(await file('a.txt')), more: (await file('b.txt')).data }),
	},
	...['data:text/plain;base64,YQ==', `x${CONTENT_BASE64.repeat(1_000)}`].map(
		(bad): Refusal => ({
			what: `the file’s content (${bad.length} characters) where the field’s name belongs`,
			bad,
			good: 'data',
			parameters: submit({ binaryPropertyName: VALUE }),
			field: 'Input Binary Field',
		}),
	),
];

describe.each([
	...noFileRefusals,
	...outputRefusals,
	...moreBinaryRefusals,
	...idRefusals,
	...limitRefusals,
	...optionRefusals,
	...sha256Refusals,
	...nameRefusals,
	...notText,
	...moreNotText,
	...flagRefusals,
	...submitRefusals,
])('$what', ({ bad, good, parameters, field, binary = async () => await file('a.txt') }) => {
	const items = async () => [
		{ json: { value: good as string }, binary: await file('a.txt') },
		{ json: { value: bad as string }, binary: await binary() },
		{ json: { value: good as string }, binary: await file('a.txt') },
	];

	test('is refused before any request, naming the field and the item', async () => {
		const { status, error } = await account.run(parameters, await items());
		expect(status).toBe('error');
		expect(error?.message).toContain(field);
		expect(error?.message).toContain('item 1');
		expect(await requestsSeen(account.sandbox)).toMatchObject({ total: 0 });
	});

	test('is that item’s only, with Continue on Fail', async () => {
		const { status, output } = await account.run(parameters, await items(), {
			node: { onError: 'continueRegularOutput' },
		});
		expect(status).toBe('success');
		expect(output.filter(({ json }) => 'error' in json)).toHaveLength(1);
		expect(output.map(({ pairedItem }) => pairedItem)).toEqual([
			{ item: 0 },
			{ item: 1 },
			{ item: 2 },
		]);
		expect(output[1]?.json.error).toContain(field);
	});
});

/** Addresses that a client secret must not go to unprotected; some of them do reach the sandbox. */
const BAD_BASE_URLS = [
	'http://api.augixsys.com/v1',
	'http://0.0.0.0:PORT/v1',
	'http://127.0.0.1:PORT@0.0.0.0:PORT/v1',
	'http://localhost:x@0.0.0.0:PORT/v1',
	'http://localhost.example:PORT/v1',
	'http://127.0.0.1.example:PORT/v1',
	'http://0x7f.0.0.1:PORT/v1',
	'HTTP://0.0.0.0:PORT/v1',
	'ftp://127.0.0.1:PORT/v1',
	'//127.0.0.1:PORT/v1',
	'127.0.0.1:PORT/v1',
	'',
	' http://0.0.0.0:PORT/v1',
	'http:\\\\0.0.0.0:PORT/v1',
	'http://user:password@127.0.0.1:PORT/v1',
	'https://user@api.augixsys.com/v1',
	'https://api.augixsys.com/v1?x=1',
	'https://api.augixsys.com/v1#x',
	'https://api.augixsys.com:99999/v1',
	'https://api augixsys.com/v1',
	'https://api.augixsys.com/v1 ',
	'https://',
	'https:///v1',
	'http://127.1:PORT/v1',
	'http://2130706433:PORT/v1',
	'http://[::]:PORT/v1',
	'http://[::ffff:127.0.0.1]:PORT/v1',
	'http://0:PORT/v1',
];

test.each(BAD_BASE_URLS)('the base URL “%s” is refused before any request', async (template) => {
	const baseUrl = template.replaceAll('PORT', new URL(account.sandbox.origin).port);
	const bad = await account.withCredential({ baseUrl });
	const items = [{ json: {}, binary: await file('a.txt') }];
	for (const parameters of [getAll(), getControl(), submit()]) {
		const { status, error } = await bad.run(parameters, items);
		expect(status).toBe('error');
		expect(error?.message).toMatch(/base URL/i);
		expect(error?.message).toContain('https://');
	}
	expect(await requestsSeen(account.sandbox)).toMatchObject({ total: 0 });
});
