/** Bodies as senders, proxies and attackers make them, at the webhook endpoint of a real n8n. */
import { connect as openSocket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { request } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import {
	ACCEPTED,
	DUPLICATE,
	SECRET,
	type Delivery,
	delivery,
	finding,
	hmac,
	refusedWith,
	sendUntilAccepted,
	signed,
} from './deliveries.mts';
import { MIB } from './files.mts';
import { READS_JSON_BEHIND_BOM } from './differences.mts';
import { connect } from './fixture.mts';
import { TriggerWorkflow } from './triggerWorkflow.mts';

let trigger: TriggerWorkflow;

beforeAll(async () => {
	trigger = await TriggerWorkflow.start(await connect());
});
/** Every test has asked for the runs it expects. */
afterEach(async () => expect(await trigger.newRuns()).toEqual([]));
afterAll(async () => await trigger.deactivate());

/** The delivery with its bytes compressed, which are signed as they were before. */
const compressed = ({ headers, body }: Delivery, encoding: 'gzip' | 'deflate'): Delivery => ({
	headers: [...headers, ['content-encoding', encoding]],
	body: encoding === 'gzip' ? gzipSync(body) : deflateSync(body),
});

/**
 * A body longer than so many bytes. n8n 2.41 tears surrogate pairs in answers as long as the one that
 * shows this run, so its characters have one to three bytes.
 */
const largeFinding = (bytes: number) =>
	finding({}, { report: Buffer.alloc(bytes, 'aü€').toString() });

describe('the content type', () => {
	it.each([
		'application/json; charset=utf-8',
		'Application/JSON',
		'application/cloudevents+json',
		'application/octet-stream',
		'application/x-www-form-urlencoded',
		'text/plain',
		'text/plain; charset=latin1',
		'text/html',
		'image/png',
		'multipart/mixed; boundary=x',
		'nonsense',
		'',
	])('"%s" makes no difference', async (contentType) => {
		const event = finding({}, { title: 'Prüfung № 7 😀 = 100 % & more + plus' });
		const message = signed(event, SECRET, contentType);
		expect(await trigger.send(message)).toEqual(ACCEPTED);
		expect(await trigger.newRuns(1)).toEqual([[event]]);
		expect(await trigger.send(signed(event, 'another-secret-24-chars', contentType))).toEqual(
			refusedWith(401),
		);
	});

	it.each(['multipart/form-data; boundary=x', 'application/xml'])(
		'"%s", which n8n takes at its word, is not accepted',
		async (contentType) => {
			const { status } = await trigger.send(signed(finding(), SECRET, contentType));
			expect(status).toBeGreaterThanOrEqual(400);
		},
	);
});

describe('compression', () => {
	it.each(['gzip', 'deflate'] as const)('with %s is undone before', async (encoding) => {
		const event = finding();
		expect(await trigger.send(compressed(signed(event), encoding))).toEqual(ACCEPTED);
		expect(await trigger.newRuns(1)).toEqual([[event]]);
		expect(await trigger.send(signed(event))).toEqual(DUPLICATE);

		const forged = signed(finding(), 'another-secret-24-chars');
		expect(await trigger.send(compressed(forged, encoding))).toEqual(refusedWith(401));
	});

	it('that was signed over is refused', async () => {
		const message = compressed(signed(finding()), 'gzip');
		message.headers = [
			...message.headers.filter(([name]) => name !== 'X-Auditdex-Signature'),
			['X-Auditdex-Signature', hmac(message.body)],
		];
		expect(await trigger.send(message)).toEqual(refusedWith(401));
	});

	it('with gzip that was named but not done is refused', async () => {
		const { headers, body } = signed(finding());
		const message: Delivery = { headers: [...headers, ['content-encoding', 'gzip']], body };
		expect((await trigger.send(message)).status).toBeGreaterThanOrEqual(400);
	});

	it('with Brotli, which n8n does not undo, is refused', async () => {
		const { headers, body } = signed(finding(), SECRET, 'text/plain');
		const message: Delivery = {
			headers: [...headers, ['content-encoding', 'br']],
			body: brotliCompressSync(body),
		};
		expect(await trigger.send(message)).toEqual(refusedWith(401));
	});

	it('of 64 MiB of blanks into 64 KiB is refused, and n8n goes on', async () => {
		const bomb = compressed(signed(Buffer.alloc(64 * MIB, ' ')), 'gzip');
		expect(bomb.body.length).toBeLessThan(MIB / 8);
		expect((await trigger.send(bomb)).status).toBeGreaterThanOrEqual(400);
		const event = finding();
		expect(await trigger.send(signed(event))).toEqual(ACCEPTED);
		expect(await trigger.newRuns(1)).toEqual([[event]]);
	});
});

describe('the size', () => {
	it('of 10 MiB is as good as any other, and of 17 MiB more than n8n takes', async () => {
		const event = largeFinding(10 * MIB);
		const message = signed(event);
		expect(Buffer.byteLength(message.body)).toBeGreaterThan(10 * MIB);
		expect(await trigger.send(message)).toEqual(ACCEPTED);
		const runs = await trigger.newRuns(1);
		expect(runs).toHaveLength(1);
		expect(hmac(JSON.stringify(runs[0]![0]))).toBe(hmac(message.body));
		expect(await trigger.send(message)).toEqual(DUPLICATE);

		const altered = { ...message, body: String(message.body).replace('Privileged', 'privileged') };
		expect(await trigger.send(altered)).toEqual(refusedWith(401));
		const tooLarge = await trigger.send(signed(largeFinding(17 * MIB)));
		expect(tooLarge.status).toBeGreaterThanOrEqual(400);
	});
});

describe('JSON', () => {
	it.each(['application/json', 'text/plain'])('may follow a BOM in %s', async (contentType) => {
		const event = finding();
		const body = `\uFEFF${JSON.stringify(event)}`;
		const answer = await trigger.send(signed(body, SECRET, contentType));
		if (contentType === 'application/json' && !READS_JSON_BEHIND_BOM) {
			expect(answer.status).toBe(422);
			expect(await trigger.newRuns()).toEqual([]);
			return;
		}
		expect(answer).toEqual(ACCEPTED);
		expect(await trigger.newRuns(1)).toEqual([[event]]);
		// The signature is over the bytes as they came: these three belong to them.
		const overRest = ['X-Auditdex-Signature', hmac(body.slice(1))] as [string, string];
		expect(await trigger.send(delivery(body, overRest, contentType))).toEqual(refusedWith(401));
	});

	it('counts the last of two members with the same name', async () => {
		const event = finding();
		const body = JSON.stringify(event).replace('{', '{"event":"other","data":{"other":1},');
		expect(await trigger.send(signed(body))).toEqual(ACCEPTED);
		expect(await trigger.newRuns(1)).toEqual([[event]]);
	});

	it("can't reach into objects' prototypes", async () => {
		const event = finding();
		const body = JSON.stringify(event).replace(
			'"data":{',
			'"__proto__":{"polluted":1},"data":{"\\u005f_proto__":{"polluted":1},',
		);
		expect(await trigger.send(signed(body))).toEqual(ACCEPTED);
		expect(await trigger.newRuns(1)).toEqual([[event]]);
	});

	it('may be laid out in any way', async () => {
		const event = finding({}, { title: 'tab\t quote" \u2028 \u0000 \ud83d' });
		expect(await trigger.send(signed(`\r\n${JSON.stringify(event, null, '\t')}\n\n`))).toEqual(
			ACCEPTED,
		);
		expect(await trigger.newRuns(1)).toEqual([[event]]);
	});
});

describe('transfer', () => {
	it('may split characters of several bytes, without telling the length', async () => {
		const event = finding({}, { title: 'ü€😀'.repeat(3) });
		const message = signed(event);
		const bytes = Buffer.from(message.body as string);
		const inTitle = bytes.indexOf('ü');
		const splits = [0, ...Array.from({ length: 12 }, (_, i) => inTitle + 1 + i), bytes.length];
		const chunks = splits.slice(1).map((end, index) => bytes.subarray(splits[index], end));
		expect(await trigger.send(message, chunks)).toEqual(ACCEPTED);
		expect(await trigger.newRuns(1)).toEqual([[event]]);

		const another = signed(finding(), 'another-secret-24-chars');
		expect(await trigger.send(another, [Buffer.from(another.body as string)])).toEqual(
			refusedWith(401),
		);
	});

	it('that breaks off half-way runs nothing, and its retry once', async () => {
		const event = finding();
		const { headers, body } = signed(event);
		const { hostname, port, pathname } = new URL(trigger.url);
		const socket = openSocket(Number(port), hostname);
		const head = [...headers, ['Host', `${hostname}:${port}`], ['Content-Length', body.length]];
		socket.write(
			`POST ${pathname} HTTP/1.1\r\n${head.map((line) => line.join(': ')).join('\r\n')}\r\n\r\n`,
		);
		socket.write(body.slice(0, body.length / 2));
		await delay(200);
		socket.destroy();
		await delay(200);
		expect(await trigger.newRuns()).toEqual([]);
		expect(await trigger.send(signed(event))).toEqual(ACCEPTED);
		expect(await trigger.newRuns(1)).toEqual([[event]]);
	});

	it('whose sender hangs up at any moment and sends again runs each event once', async () => {
		const events = Array.from({ length: 30 }, () => finding());
		await Promise.all(
			events.map(async (event, index) => {
				const { headers, body } = signed(event);
				const hangUp = request(trigger.url, {
					method: 'POST',
					headers: headers.flat(),
					body,
					signal: AbortSignal.timeout(1 + index ** 2 * 4),
				});
				await hangUp.then(async (answer) => await answer.body.dump()).catch(() => {});
				await sendUntilAccepted(trigger.url, signed(event));
			}),
		);
		const ids = (await trigger.newRuns(events.length)).map(
			([item]) => (item as (typeof events)[0]).data.finding_id,
		);
		expect(ids.sort()).toEqual(events.map(({ data }) => data.finding_id).sort());
	});
});
