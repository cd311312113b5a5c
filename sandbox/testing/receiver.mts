/** A receiver of webhooks, as a customer of the service would run one. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedDelivery {
	headers: IncomingHttpHeaders;
	body: string;
	at: number;
}

export interface Receiver {
	url: string;
	received: ReceivedDelivery[];
	/** Deliveries that wait for their answer, and the most at once. */
	waiting: number;
	mostWaiting: number;
	/** The status of each answer: a list is used up, then it's 200. `null` gives none at all. */
	answers: Array<number | null>;
	/** Before each answer, in milliseconds. */
	delayMs: number;
	close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
	const receiver: Receiver = {
		url: '',
		received: [],
		waiting: 0,
		mostWaiting: 0,
		answers: [],
		delayMs: 0,
		close: async () => {},
	};
	const server = createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			const body = Buffer.concat(chunks).toString();
			receiver.received.push({ headers: request.headers, body, at: Date.now() });
			receiver.mostWaiting = Math.max(receiver.mostWaiting, ++receiver.waiting);
			const status = receiver.answers.length > 0 ? receiver.answers.shift()! : 200;
			setTimeout(() => {
				receiver.waiting -= 1;
				if (status === null) return;
				response.writeHead(status, { location: `${receiver.url}/elsewhere` });
				response.end('{"received":true}');
			}, receiver.delayMs);
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
	receiver.close = async () => {
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	};
	return receiver;
}
