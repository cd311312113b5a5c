import { request, type Dispatcher } from 'undici';

/** As much of an answer's body as is kept. */
const KEPT_RESPONSE_BYTES = 16 * 1024;

export interface Answer {
	status: number | null;
	responseHeaders: Record<string, string>;
	responseBody: string;
	error: string | null;
}

/** What is sent where, and how long an answer may take. */
export interface Post {
	url: string;
	headers: Record<string, string>;
	body: string;
	timeoutMs: number;
}

/**
 * Sends a delivery once. Redirects aren't followed: the signed event goes to the URL that was
 * entered, and nowhere else.
 * @returns also where no answer came
 */
export async function post(
	{ url, headers, body, timeoutMs }: Post,
	dispatcher: Dispatcher,
	stopped: AbortSignal,
): Promise<Answer> {
	const timeout = AbortSignal.timeout(timeoutMs);
	const answer: Answer = { status: null, responseHeaders: {}, responseBody: '', error: null };
	try {
		const response = await request(url, {
			method: 'POST',
			headers,
			body,
			dispatcher,
			signal: AbortSignal.any([timeout, stopped]),
		});
		answer.status = response.statusCode;
		for (const [name, value] of Object.entries(response.headers)) {
			answer.responseHeaders[name] = [value].flat().join(', ');
		}
		answer.responseBody = await beginningOf(response.body);
	} catch (error) {
		answer.error = timeout.aborted
			? `No complete answer within ${timeoutMs / 1_000} s`
			: reason(error as NodeJS.ErrnoException);
	}
	return answer;
}

async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of body) {
		chunks.push(chunk);
		size += chunk.length;
		if (size > KEPT_RESPONSE_BYTES) break;
	}
	return Buffer.concat(chunks).subarray(0, KEPT_RESPONSE_BYTES).toString();
}

function reason({ code, message }: NodeJS.ErrnoException): string {
	switch (code) {
		case 'ECONNREFUSED':
			return 'Connection refused: nothing listens there';
		case 'ENOTFOUND':
			return 'The host name was not found';
		case 'ECONNRESET':
		case 'UND_ERR_SOCKET':
			return 'The connection broke off before the answer';
		default:
			return code ? `${message} (${code})` : message;
	}
}
