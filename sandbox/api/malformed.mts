import type { Socket } from 'node:net';

import { ApiProblem, PROBLEM_TYPE } from './problem.mts';

/**
 * Answers what isn't valid HTTP with problem details, too.
 * @param standingHeaders those of every response
 */
export function malformedRequest(standingHeaders: () => Record<string, string>) {
	return (error: NodeJS.ErrnoException, socket: Socket): void => {
		if (error.code === 'ECONNRESET' || !socket.writable) {
			socket.destroy();
			return;
		}
		const detail =
			error.code === 'HPE_HEADER_OVERFLOW'
				? 'The headers are larger than this service accepts'
				: 'The request is not valid HTTP';
		const body = JSON.stringify(new ApiProblem(400, detail).body('/'));
		const headers = {
			...standingHeaders(),
			'content-type': PROBLEM_TYPE,
			'content-length': String(Buffer.byteLength(body)),
			connection: 'close',
		};
		const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
		socket.end(`HTTP/1.1 400 Bad Request\r\n${lines.join('')}\r\n${body}`);
	};
}
