/** Reads deliveries out of what people have at hand: `curl -v`, raw HTTP, n8n's execution data, HAR. */
import { parse as parseFlatted } from 'flatted';

import { CannotCheck } from '../cannotCheck.mts';

export interface Captured {
	/** Names in lower case. */
	headers: Record<string, string>;
	body: Buffer;
	/** Whether these are the bytes as they were sent; n8n's data often has the body as an object. */
	isExact: boolean;
	/** When it was received, in epoch seconds, where the capture tells. */
	at?: number;
}

/** @throws CannotCheck where there is no delivery in it */
export function readCapture(file: Buffer): Captured[] {
	const text = file.toString();
	const json = parsed(text);
	const found = json === undefined ? fromHttp(file) : fromJson(json);
	if (found.length > 0) return found;
	throw new CannotCheck(
		'There is no delivery in the file: it should be the output of curl -v or a raw HTTP request with its body, n8n’s execution data or a node’s output as JSON, or a HAR file.',
	);
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

type Members = Record<string, unknown>;

const isObject = (value: unknown): value is Members =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

function fromJson(json: unknown): Captured[] {
	const entries = isObject(json) && isObject(json.log) ? json.log.entries : undefined;
	if (Array.isArray(entries)) return entries.filter(isObject).flatMap(fromHarEntry);
	const found = fromN8n(json, undefined);
	return found.length > 0 ? found : fromFlatted(json);
}

/** http://www.softwareishard.com/blog/har-12-spec/ */
function fromHarEntry({ request, startedDateTime }: Members): Captured[] {
	if (!isObject(request) || request.method !== 'POST' || !Array.isArray(request.headers)) return [];
	const pairs = request.headers.filter(isObject).map(({ name, value }) => [`${name}`, `${value}`]);
	const data = isObject(request.postData) ? request.postData : {};
	const encoding = data.encoding ?? data._encoding;
	const body = Buffer.from(`${data.text ?? ''}`, encoding === 'base64' ? 'base64' : 'utf8');
	return [{ headers: headersOf(pairs), body, isExact: true, at: secondsOf(startedDateTime) }];
}

/** Wherever in n8n's data an object has the headers of a request, and its body beside them. */
function fromN8n(value: unknown, at: number | undefined, binary?: unknown): Captured[] {
	if (Array.isArray(value)) return value.flatMap((element) => fromN8n(element, at));
	if (!isObject(value)) return [];
	const time = secondsOf(value.startedAt ?? value.startTime) ?? at;
	if (isObject(value.headers) && 'body' in value) {
		const headers = headersOf(Object.entries(value.headers).map(([name, of]) => [name, `${of}`]));
		return [{ headers, ...bodyOf(value.body, binary ?? value.binary), at: time }];
	}
	return Object.entries(value).flatMap(([name, inner]) =>
		fromN8n(inner, time, name === 'json' ? value.binary : undefined),
	);
}

/** The database and the REST API have execution data in this form, as a text within it or alone. */
function fromFlatted(json: unknown): Captured[] {
	const texts = isObject(json) ? [json.data, (json.data as Members | undefined)?.data] : [json];
	for (const text of texts) {
		try {
			const data: unknown = parseFlatted(typeof text === 'string' ? text : JSON.stringify(text));
			const found = fromN8n(data, undefined);
			if (found.length > 0) return found;
		} catch {
			// Not in this form.
		}
	}
	return [];
}

/** A file beside it has the bytes (Raw Body); a text may be them; of an object they can only be guessed. */
function bodyOf(body: unknown, binary: unknown): Pick<Captured, 'body' | 'isExact'> {
	const files = isObject(binary) ? Object.values(binary).filter(isObject) : [];
	const bytes = files.map(({ data }) => data).find((data) => typeof data === 'string');
	if (bytes !== undefined) return { body: Buffer.from(bytes, 'base64'), isExact: true };
	if (typeof body === 'string') return { body: Buffer.from(body), isExact: true };
	return { body: Buffer.from(JSON.stringify(body) ?? ''), isExact: false };
}

const SENT_LINE = /^> ?/;
const ANSWER_DATE = /^< date: *(.+?)\r?$/im;
/** What curl says itself, the answer, and how many bytes there were. */
const NOISE = /^(?:[*<]( |\r?$)|[{}] \[\d+ bytes data\])/;
const REQUEST_LINE = /^(?:> ?)?POST \S+/;

/** `> POST / HTTP/1.1` and so on, or the same without the marks, with the body behind the empty line. */
function fromHttp(file: Buffer): Captured[] {
	// One character a byte, so that the body stays as it is.
	const text = file.toString('latin1');
	const at = secondsOf(ANSWER_DATE.exec(text)?.[1]);
	const requests = text
		.split(/^(?=(?:> ?)?POST \S+ HTTP\/)/m)
		.filter((part) => REQUEST_LINE.test(part));
	return requests.map((request) => {
		const isMarked = request.startsWith('>');
		const lines = request.split('\n');
		const isEnd = (line: string) =>
			/^(?:> ?)?\r?$/.test(line) && (!isMarked || line.startsWith('>'));
		const end = lines.findIndex((line, index) => index > 0 && isEnd(line));
		const head = lines.slice(1, end === -1 ? undefined : end).filter((line) => !NOISE.test(line));
		const rest = end === -1 ? [] : lines.slice(end + 1);
		const headers = headersOf(
			head.map((line) => {
				const [, name = '', value = ''] =
					/^([^:]*): *(.*?)\r?$/.exec(line.replace(SENT_LINE, '')) ?? [];
				return [name, Buffer.from(value, 'latin1').toString()];
			}),
		);
		return { headers, body: bodyIn(rest, headers, isMarked), isExact: true, at };
	});
}

/** The body ends where its length says, else before what curl says next, and without a last line break. */
function bodyIn(lines: string[], headers: Captured['headers'], isMarked: boolean): Buffer {
	const start = isMarked ? lines.findIndex((line) => !NOISE.test(line)) : 0;
	const kept = start === -1 ? [] : lines.slice(start);
	const all = Buffer.from(kept.join('\n'), 'latin1');
	const length = Number(headers['content-length'] ?? NaN);
	if (length > 0 && length <= all.length) return all.subarray(0, length);
	const end = isMarked ? kept.findIndex((line) => NOISE.test(line)) : -1;
	const body = (end === -1 ? kept : kept.slice(0, end)).join('\n');
	return Buffer.from(body.replace(/\r?\n$|\r$/, ''), 'latin1');
}

function headersOf(pairs: string[][]): Captured['headers'] {
	const headers: Captured['headers'] = {};
	for (const [name = '', value = ''] of pairs) {
		const key = name.toLowerCase();
		if (key !== '') headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
	}
	return headers;
}

function secondsOf(time: unknown): number | undefined {
	const ms = typeof time === 'number' ? time : Date.parse(typeof time === 'string' ? time : '');
	return Number.isNaN(ms) ? undefined : ms / 1_000;
}
