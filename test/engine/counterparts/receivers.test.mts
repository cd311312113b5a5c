/** Receivers of uploads that other people wrote: what they read is what the node was given. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

import formidable from 'formidable';
import multer from 'multer';
import { Response } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { submit } from '../harness/parameters.mts';
import { nodeFor } from './account.mts';

interface Received {
	fields: Record<string, string | undefined>;
	file: { name: string | null | undefined; type: string | null | undefined; content: Buffer };
}

type Reader = (request: IncomingMessage) => Promise<Received>;

const one = <T,>(values: T | T[] | undefined): T | undefined =>
	Array.isArray(values) ? values[0] : values;

async function withFormidable(request: IncomingMessage): Promise<Received> {
	const [fields, files] = await formidable({}).parse(request);
	const file = files.file![0]!;
	return {
		fields: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, one(value)])),
		file: {
			name: file.originalFilename,
			type: file.mimetype,
			content: await readFile(file.filepath),
		},
	};
}

/** @param charset of names; multer reads them as Latin-1 unless told otherwise */
const withMulter =
	(charset?: string): Reader =>
	async (request) => {
		const options = { defParamCharset: charset } as multer.Options;
		const incoming = request as Parameters<ReturnType<multer.Multer['single']>>[0];
		await new Promise<void>((resolve, reject) => {
			multer({ storage: multer.memoryStorage(), ...options }).single('file')(
				incoming,
				{} as never,
				(error?: unknown) => (error ? reject(error as Error) : resolve()),
			);
		});
		const { originalname: name, mimetype: type, buffer: content } = incoming.file!;
		return { fields: incoming.body as Record<string, string>, file: { name, type, content } };
	};

async function withUndici(request: IncomingMessage): Promise<Received> {
	const form = await new Response(await buffer(request), {
		headers: { 'content-type': request.headers['content-type']! },
	}).formData();
	const { file, ...fields } = Object.fromEntries(form) as { file: File } & Record<string, string>;
	const content = Buffer.from(await file.arrayBuffer());
	return { fields, file: { name: file.name, type: file.type, content } };
}

const RECEIVERS: Array<[name: string, read: Reader]> = [
	['formidable', withFormidable],
	['multer', withMulter('utf8')],
	["undici's formData()", withUndici],
];

const AWKWARD_NAMES = [
	'überprüfung 审查 🔒.csv',
	'e\u0301vidence.txt',
	"it's; filename=x; name=y.csv",
	'100% & more + a=b#c?.txt',
	'%41%20.txt',
	'.htaccess',
	'no extension',
	' blanks around .pdf ',
	'--boundary.txt',
	'a,b;c=d.txt',
	`${'x'.repeat(251)}.txt`,
];

/** A server in AUDITDEX's place that reads uploads with `read`. */
async function startReceiver(read: Reader) {
	const received: Received[] = [];
	const server = createServer((request, response) => {
		const answer = (status: number, body: object) => {
			response.writeHead(status, { 'content-type': 'application/json' });
			response.end(JSON.stringify(body));
		};
		if (request.url === '/oauth/token') {
			request.resume();
			answer(200, { access_token: 'given', token_type: 'Bearer', expires_in: 3600 });
			return;
		}
		read(request).then(
			(upload) => {
				received.push(upload);
				const sha256 = createHash('sha256').update(upload.file.content).digest('hex');
				answer(201, { id: `evd_${received.length}`, sha256 });
			},
			(error: Error) => answer(400, { title: 'Not readable', detail: error.message }),
		);
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	return {
		received,
		baseUrl: `http://127.0.0.1:${port}/v1`,
		close: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

/** Submits a file, and tells what differs from it in what the receiver read. */
async function differences(
	receiver: Awaited<ReturnType<typeof startReceiver>>,
	name: string,
	content: Buffer,
): Promise<object> {
	const run = await nodeFor(receiver);
	const description = `Q1 "review" of ${name}\r\nsecond line`;
	const file = new File([Uint8Array.from(content)], name, { type: 'text/csv' });
	const { status, error, output } = await run(submit({ description }), file);
	expect([status, error?.message]).toEqual(['success', undefined]);
	expect(output[0]!.json.integrity).toMatchObject({ verified: true });
	const read = receiver.received.at(-1)!;
	const sent = {
		fields: { control_id: 'ctrl_abc123', description },
		file: { name, type: 'text/csv', content },
	};
	return {
		...(read.file.name !== name && { name: read.file.name }),
		...(read.file.type !== sent.file.type && { type: read.file.type }),
		...(!read.file.content.equals(content) && { content: read.file.content }),
		...(JSON.stringify({ ...read.fields }) !== JSON.stringify(sent.fields) && {
			fields: read.fields,
		}),
	};
}

describe.each(RECEIVERS)('%s', (_name, read) => {
	let receiver: Awaited<ReturnType<typeof startReceiver>>;
	beforeAll(async () => {
		receiver = await startReceiver(read);
	});
	afterAll(async () => await receiver.close());

	test.each(AWKWARD_NAMES)('reads a file named %j as it was given', async (name) => {
		expect(await differences(receiver, name, Buffer.from(`content of ${name}`))).toEqual({});
	});

	test('reads bytes of every kind, and what looks like the end of a part', async () => {
		const bytes = Buffer.from([...Array(256).keys()]);
		const content = Buffer.concat([bytes, Buffer.from('\r\n------formdata--\r\n'), bytes]);
		expect(await differences(receiver, 'bytes.bin', content)).toEqual({});
		const large = Buffer.alloc(3 * 1024 * 1024, bytes);
		expect(await differences(receiver, 'large.bin', large)).toEqual({});
	});
});

describe('a receiver that reads something else is noticed', () => {
	test.each<[string, Reader, object]>([
		['its names in Latin-1', withMulter(), { name: 'Ã¼.csv' }],
		[
			'without the description',
			async (request) => {
				const { fields, file } = await withUndici(request);
				return { fields: { control_id: fields.control_id }, file };
			},
			{ fields: { control_id: 'ctrl_abc123' } },
		],
	])('%s', async (_what, read, difference) => {
		const receiver = await startReceiver(read);
		expect(await differences(receiver, 'ü.csv', Buffer.from('x'))).toEqual(difference);
		await receiver.close();
	});

	test('a byte too few: the receipt does not match', async () => {
		const receiver = await startReceiver(async (request) => {
			const { fields, file } = await withFormidable(request);
			return { fields, file: { ...file, content: file.content.subarray(1) } };
		});
		const run = await nodeFor(receiver);
		const { error } = await run(submit(), new File(['reviewed'], 'review.csv'));
		expect(error?.message).toMatch(/does not match the file sent/);
		await receiver.close();
	});
});
