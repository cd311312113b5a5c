import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { DEAD_ENDS, LIST_KEYS, PAGINATION_STYLES } from '../../sandbox/api/pagination.mts';
import { assumptionsIn, DOCUMENT_FILE, readDocument } from '../../sandbox/openapi/document.mts';
import { EVIDENCE_VIEWS, HASH_FIELDS, HASH_PLACEMENTS } from '../../sandbox/options.mts';
import { startSandbox, type SandboxOptions } from '../../sandbox/server.mts';
import { checkService, type CheckOptions } from '../../scripts/check/service/check.mts';
import type { Line } from '../../scripts/check/service/finding.mts';
import { startPrism } from '../prism.mts';
import { runCommand } from './command.mts';
import { SECRET, startOtherService, TOKEN, type Behaviour } from './service.mts';

const SCOPE = 'evidence:write controls:read reports:read';
let folder: string;
let file: string;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'auditdex-check-'));
	file = join(folder, 'ada-lovelace-review.csv');
	await writeFile(file, 'account,decision\nada,keep\n');
});
afterAll(async () => await rm(folder, { recursive: true }));

const stops: Array<() => Promise<void>> = [];
afterEach(async () => {
	for (const stop of stops.splice(0)) await stop();
});

type Lines = Record<string, Line>;

async function linesOf(options: Partial<CheckOptions> & { baseUrl: string }): Promise<Lines> {
	const { lines } = await checkService({
		clientId: 'client',
		clientSecret: SECRET,
		scope: SCOPE,
		...options,
	});
	return Object.fromEntries(lines.map((line) => [line.id, line]));
}

async function checkSandbox(
	options: SandboxOptions,
	more: Partial<CheckOptions> = {},
): Promise<Lines> {
	const sandbox = await startSandbox({ plan: 'enterprise', seed: 7, pageSize: 3, ...options });
	stops.push(sandbox.close);
	const place = { engagement: 'eng_xyz789', control: 'ctrl_abc123' };
	return await linesOf({ ...sandbox.client, baseUrl: sandbox.baseUrl, ...place, ...more });
}

async function checkOther(behaviour: Behaviour, more: Partial<CheckOptions> = {}): Promise<Lines> {
	const service = await startOtherService(behaviour);
	stops.push(service.close);
	const place = { engagement: 'eng_1', control: 'ctrl_1' };
	return await linesOf({ baseUrl: service.baseUrl, ...place, ...more });
}

const misbehaving = (lines: Lines) =>
	Object.values(lines)
		.filter(({ verdict }) => verdict === 'misbehaves')
		.map(({ id }) => id);

describe('the sandbox', () => {
	test('does what is assumed, a line an assumption', async () => {
		const lines = await checkSandbox({}, { submit: file });
		expect(Object.keys(lines)).toEqual(assumptionsIn(readDocument()).map(({ id }) => id));
		const verdicts = Object.fromEntries(
			Object.values(lines).map(({ id, verdict }) => [id, verdict]),
		);
		expect(verdicts).toMatchObject({
			pagination: 'assumed',
			'page-request': 'assumed',
			engagement: 'assumed',
			control: 'assumed',
			'evidence-hash': 'assumed',
			'submit-form': 'assumed',
			'submit-status': 'assumed',
			token: 'assumed',
			'token-refusal': 'assumed',
			'expired-token': 'assumed',
			scopes: 'assumed',
			'rate-limit-headers': 'assumed',
			'rate-limit-remaining': 'assumed',
			'rate-limit-reset': 'assumed',
			problems: 'assumed',
			'field-errors': 'assumed',
			signature: 'unseen',
		});
		expect(misbehaving(lines)).toEqual([]);
		expect(lines.pagination!.service).toMatch(/7 engagements on 3 pages/);
	});

	test('gets nothing that stays without --submit', async () => {
		const sandbox = await startSandbox();
		stops.push(sandbox.close);
		const lines = await linesOf({
			...sandbox.client,
			baseUrl: sandbox.baseUrl,
			control: 'ctrl_abc123',
		});
		expect(lines['submit-status']!.verdict).toBe('unseen');
		expect(await sandbox.admin.listEvidence()).toEqual([]);
		expect((await sandbox.admin.stats()).requests.submitEvidence).toBeUndefined();
	});

	test.each(PAGINATION_STYLES)('pages in the style %s', async (pagination) => {
		const { pagination: line } = await checkSandbox({ pagination });
		if (DEAD_ENDS.includes(pagination)) {
			expect(line).toMatchObject({
				verdict: 'misbehaves',
				node: expect.stringContaining('not whole'),
			});
		} else {
			expect(line!.verdict).not.toBe('misbehaves');
			expect(line!.service).toMatch(/7 engagements on \d pages/);
			expect(line!.node).toBe('reads the whole list');
		}
	});

	test.each(LIST_KEYS)('lists under %s', async (listKey) => {
		const { pagination: line } = await checkSandbox({ listKey });
		expect(line!.service).toContain(`under “${listKey}”`);
		expect(line!.verdict).toBe(listKey === 'data' ? 'assumed' : 'accepted');
	});

	test.each(EVIDENCE_VIEWS)('shows evidence as %s', async (evidenceView) => {
		const lines = await checkSandbox({ evidenceView }, { submit: file });
		const canTell = ['full', 'digest', 'nested', 'no-times'].includes(evidenceView);
		expect(lines.control!.verdict).toBe(
			!canTell ? 'misbehaves' : evidenceView === 'full' ? 'assumed' : 'accepted',
		);
		if (!canTell) expect(lines.control!.node).toMatch(/^can’t tell whether a file is there/);
	});

	test.each(HASH_FIELDS)('reports the hash as %s', async (hashField) => {
		for (const hashPlacement of HASH_PLACEMENTS) {
			const options = { hashField, hashPlacement, hashPrefix: hashPlacement === 'file' };
			const lines = await checkSandbox(options, { submit: file });
			const isAssumed = hashField === 'sha256' && hashPlacement === 'top';
			expect(lines['evidence-hash']!.verdict).toBe(isAssumed ? 'assumed' : 'accepted');
			expect(misbehaving(lines)).toEqual([]);
		}
	});

	test('has no limit, and few scopes', async () => {
		const sandbox = await startSandbox();
		stops.push(sandbox.close);
		const scopes = ['reports:read' as const];
		const { clientId, clientSecret } = await sandbox.admin.addClient({ clientId: 'few', scopes });
		const lines = await linesOf({
			baseUrl: sandbox.baseUrl,
			clientId,
			clientSecret,
			control: 'ctrl_abc123',
		});
		expect(lines['rate-limit-headers']).toMatchObject({ verdict: 'accepted' });
		expect(lines.token!.node).toContain('did not grant the scope evidence:write controls:read');
		expect(lines.scopes!.service).toBe('refuses the control with 403');
		expect(misbehaving(lines)).toEqual(['scopes', 'token', 'control']);
	});
});

test('Prism, made of the document alone, does what is assumed', async () => {
	const prism = await startPrism('mock', DOCUMENT_FILE);
	stops.push(prism.stop);
	const place = { engagement: 'eng_xyz789', control: 'ctrl_abc123' };
	const lines = await linesOf({ baseUrl: prism.origin, ...place, submit: file });
	for (const id of [
		'pagination',
		'engagement',
		'control',
		'token',
		'evidence-hash',
		'rate-limit-headers',
	]) {
		expect([id, lines[id]!.verdict]).toEqual([id, 'assumed']);
	}
	// A mock knows no wrong secret, and nothing that isn't there.
	expect(misbehaving(lines)).toEqual(['expired-token', 'problems', 'token-refusal']);
});

describe('a service that differs from both', () => {
	test('and that the nodes get on with', async () => {
		const lines = await checkOther({}, { submit: file });
		expect(misbehaving(lines)).toEqual([]);
		expect(lines.pagination!.service).toContain('under “engagements”');
		expect(lines.control!.service).toContain('its status under “state”');
		expect(lines['evidence-hash']!.verdict).toBe('accepted');
		expect(lines['submit-status']!.service).toMatch(/^answers 200; the control shows it after/);
		expect(lines['rate-limit-headers']!.service).toMatch(/^sends none/);
	});

	test.each<[what: string, id: string, says: RegExp, behaviour: Behaviour]>([
		[
			'shows no hashes',
			'control',
			/1 piece of evidence, 0 with a hash.*can’t tell/,
			{ control: () => ({ body: { evidence: [{ id: 'evd_1', file: 'review.csv' }] } }) },
		],
		[
			'shows a part of its evidence',
			'control',
			/a part of its evidence/,
			{ control: (evidence) => ({ body: { evidence, total_evidence: 9 } }) },
		],
		[
			'shows no evidence at all',
			'control',
			/no list of evidence/,
			{ control: () => ({ body: { status: 'open' } }) },
		],
		[
			'hides the rest of the list',
			'pagination',
			/Get Many stops: The list is not whole/,
			{ list: () => ({ body: { items: [{ id: 'eng_1' }], total: 7 } }) },
		],
		[
			'leads to another server',
			'pagination',
			/another server/,
			{ list: () => ({ body: { items: [{ id: 'eng_1' }], next: 'http://127.0.0.1:9/api' } }) },
		],
		[
			'has engagements without an ID',
			'engagement',
			/none of them an ID/,
			{ list: () => ({ body: [{ name: 'x' }] }) },
		],
		[
			'answers an unknown token with a page',
			'expired-token',
			/answers an unknown token with 200.*doesn’t renew/,
			{ unauthorized: () => ({ body: '<html>Sign in</html>' }) },
		],
		[
			'takes any secret',
			'token-refusal',
			/and a token.*can’t tell a wrong secret/,
			{ token: () => ({ body: { access_token: TOKEN } }) },
		],
		[
			'fails on a wrong secret',
			'token-refusal',
			/with 500.*tries again/,
			{
				token: (form) =>
					form.get('client_secret') === SECRET
						? { body: { access_token: TOKEN } }
						: { status: 500, body: {} },
			},
		],
		[
			'has something everywhere',
			'problems',
			/with 200.*wrong ID goes unnoticed/,
			{ missing: () => ({ body: { id: 'any' } }) },
		],
		[
			'stores another file',
			'evidence-hash',
			/another hash.*does not match/,
			{ submit: () => ({ body: { sha256: 'b'.repeat(64) } }) },
		],
	])('and %s is found out', async (_what, id, says, behaviour) => {
		const lines = await checkOther(behaviour, { submit: file });
		const { service, node, verdict, set } = lines[id]!;
		expect(`${service} / ${node}`).toMatch(says);
		expect(verdict).toBe('misbehaves');
		expect(set).not.toBe('nothing');
	});

	test.each<[what: string, id: string, says: RegExp, behaviour: Behaviour]>([
		[
			'counts pages from zero',
			'pagination',
			/pages counted from zero.*3 engagements on 3 pages/,
			{
				list: (query) => {
					const page = Number(query.get('page') ?? 0);
					return { body: { items: [{ id: `eng_${page + 1}` }], page, total_pages: 3 } };
				},
			},
		],
		[
			'sends limits in milliseconds',
			'rate-limit-reset',
			/the reset in milliseconds.*waits \d+ s/,
			{
				headers: () => ({
					'x-ratelimit-limit': '60',
					'x-ratelimit-remaining': '0',
					'x-ratelimit-reset': String(Date.now() + 20_000),
				}),
			},
		],
		[
			'tells a moment far away',
			'rate-limit-reset',
			/further away than an hour/,
			{
				headers: () => ({
					'x-ratelimit-limit': '60',
					'x-ratelimit-remaining': '1',
					'x-ratelimit-reset': String(Math.floor(Date.now() / 1_000) + 86_400),
				}),
			},
		],
		[
			'sends seconds to go',
			'rate-limit-reset',
			/seconds to go.*waits 7 s/,
			{ headers: () => ({ 'x-ratelimit-remaining': '5', 'x-ratelimit-reset': '7' }) },
		],
		[
			'sends a negative number for no limit',
			'rate-limit-remaining',
			/negative number/,
			{ headers: () => ({ 'x-ratelimit-limit': '-1', 'x-ratelimit-remaining': '-1' }) },
		],
		[
			'has a clock ahead',
			'rate-limit-reset',
			/a clock \d+ seconds ahead.*waits [3-5] s/,
			{
				headers: () => ({
					date: new Date(Date.now() + 90_000).toUTCString(),
					'x-ratelimit-remaining': '5',
					'x-ratelimit-reset': String(Math.floor(Date.now() / 1_000) + 94),
				}),
			},
		],
		[
			'links evidence late',
			'submit-status',
			/the control shows it after (?:[2-9]|\d{2,})\.\d s/,
			{ linkedAfterMs: 3_000 },
		],
		[
			'answers an unknown token with 403',
			'expired-token',
			/403.*gets a new token/,
			{ unauthorized: () => ({ status: 403, body: {} }) },
		],
	])('and %s: it is said, and accepted', async (_what, id, says, behaviour) => {
		const lines = await checkOther(behaviour, { submit: file });
		const { service, node, verdict } = lines[id]!;
		expect(`${service} / ${node}`).toMatch(says);
		expect(verdict).toBe('accepted');
	});
});

describe('the command', () => {
	const place = ['--engagement', 'eng_1', '--control', 'ctrl_1'];
	const run = async (baseUrl: string, args: string[] = [], secret = SECRET) =>
		await runCommand(
			'checkService.mts',
			['--base-url', baseUrl, '--client-id', 'client', ...args],
			{ AUDITDEX_CLIENT_SECRET: secret },
		);

	test('prints a line an assumption, and ends with 0', async () => {
		const service = await startOtherService();
		stops.push(service.close);
		const { code, stdout, stderr } = await run(service.baseUrl, place);
		expect([code, stderr]).toEqual([0, '']);
		for (const { id, open } of assumptionsIn(readDocument())) {
			const [line] = stdout.split('\n').filter((text) => text.includes(` ${id}: `));
			expect(line).toContain(open.replace(/\.$/, ' · This service '));
			expect(line?.split(' · ')).toHaveLength(4);
		}
	});

	test('ends with 1 where the node would misbehave', async () => {
		const service = await startOtherService({ list: () => ({ body: { items: [], total: 7 } }) });
		stops.push(service.close);
		const { code, stdout } = await run(service.baseUrl, place);
		expect(code).toBe(1);
		expect(stdout).toContain('would misbehave in 1 of');
	});

	test.each<[what: string, sentence: RegExp, service: () => Promise<string>]>([
		[
			'a wrong secret',
			/^AUDITDEX refused the client ID or client secret/,
			async () => {
				const service = await startOtherService({
					token: (form) => ({
						status: 401,
						body: {
							error: 'invalid_client',
							error_description: `not ${form.get('client_secret')}`,
						},
					}),
				});
				stops.push(service.close);
				return service.baseUrl;
			},
		],
		[
			'a wrong URL',
			/^AUDITDEX gave no access token|Not Found/,
			async () => {
				const service = await startOtherService({ token: () => ({ status: 404, body: {} }) });
				stops.push(service.close);
				return service.baseUrl;
			},
		],
		[
			'a wrong path',
			/Check the engagement and control IDs.*Base URL/,
			async () => {
				const service = await startOtherService();
				stops.push(service.close);
				return `${service.baseUrl}/v9`;
			},
		],
		[
			'a proxy’s page',
			/a web page instead of data/,
			async () => {
				const service = await startOtherService({
					token: () => ({ status: 200, body: '<html>Welcome</html>' }),
				});
				stops.push(service.close);
				return service.baseUrl;
			},
		],
		[
			'a proxy’s page in the list’s place',
			/a web page instead of data/,
			async () => {
				const service = await startOtherService({ list: () => ({ body: '<html>Welcome</html>' }) });
				stops.push(service.close);
				return service.baseUrl;
			},
		],
		[
			'a service that is down',
			/^AUDITDEX could not be reached/,
			// Not a port that another test could be given meanwhile.
			async () => 'http://127.0.0.1:9/v1',
		],
		[
			'an unknown host',
			/^The host of the base URL could not be found/,
			async () => 'https://service.invalid/v1',
		],
		[
			'http elsewhere',
			/must be a plain https:\/\/ address/,
			async () => 'http://service.example/v1',
		],
	])('%s gets a sentence', async (_what, sentence, start) => {
		const { code, stdout, stderr } = await run(await start(), place);
		expect(code).toBe(2);
		expect(stdout).toBe('');
		expect(stderr.trim()).toMatch(sentence);
		expect(stderr).not.toMatch(/\n\s+at |undefined/);
		expect(stderr).not.toContain(SECRET);
	});

	test('no secret, token, person or file is in what it prints', async () => {
		const leak = { name: 'Ada Lovelace', owner: 'ada@example.com', note: `${SECRET} ${TOKEN}` };
		const service = await startOtherService({
			list: () => ({ body: { data: [{ id: 'eng_1', ...leak }], next: null } }),
			control: () => ({
				body: {
					...leak,
					testing_status: `reviewed by Ada Lovelace with ${TOKEN}`,
					evidence: { 'ada-lovelace-review.csv': leak, hidden: { [SECRET]: 1 } },
				},
			}),
			missing: () => ({
				status: 404,
				headers: { 'content-type': `text/${TOKEN}` },
				body: { type: SECRET, title: `${SECRET} Ada Lovelace`, detail: TOKEN },
			}),
			submit: () => ({ status: 400, body: { title: SECRET, detail: `Ada Lovelace ${TOKEN}` } }),
			headers: () => ({ 'x-ratelimit-limit': SECRET, 'x-ratelimit-remaining': TOKEN }),
		});
		stops.push(service.close);
		for (const format of [[], ['--json']]) {
			const { stdout, stderr } = await run(service.baseUrl, [
				...place,
				'--submit',
				file,
				...format,
			]);
			expect(stdout).toContain('token-refusal');
			for (const planted of [SECRET, TOKEN, encodeURIComponent(SECRET)]) {
				expect(stdout + stderr).not.toContain(planted);
			}
		}
		const { stdout } = await run(service.baseUrl, [...place, '--submit', file, '--json']);
		expect(JSON.parse(stdout).lines).toHaveLength(assumptionsIn(readDocument()).length);
		expect(stdout).not.toMatch(/\bada\b|lovelace|review\.csv|eng_1|ctrl_1/i);
	});

	test('the secret is never an argument', async () => {
		const { code, stderr } = await run('http://127.0.0.1:9/v1', ['--client-secret', SECRET]);
		expect(code).toBe(2);
		expect(stderr).toContain('never an argument');
		expect(stderr).not.toContain(SECRET);
		const unset = await run('http://127.0.0.1:9/v1', [], '');
		expect(unset.stderr).toContain('AUDITDEX_CLIENT_SECRET is not set');
	});
});
