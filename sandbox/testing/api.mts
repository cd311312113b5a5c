/** The API as tests speak to it: plain requests, whatever they hold. */
import { FormData, request } from 'undici';

import type { Sandbox } from '../server.mts';

/** What of a sandbox requests need: one in another process will do. */
type Service = Pick<Sandbox, 'origin' | 'client'>;

export const ENGAGEMENT = 'eng_xyz789';
export const CONTROL = 'ctrl_abc123';
export const EVIDENCE_PATH = `/v1/engagements/${ENGAGEMENT}/evidence`;
export const CONTROL_PATH = `/v1/engagements/${ENGAGEMENT}/controls/${CONTROL}`;
export const FORM = 'application/x-www-form-urlencoded';

export interface Reply {
	status: number;
	headers: Record<string, string>;
	text: string;
	/** The body parsed; undefined where it isn't JSON. */
	json: any;
}

export interface Call {
	method?: string;
	headers?: Record<string, string>;
	body?: string | Buffer | FormData;
}

export async function call(
	{ origin }: Pick<Sandbox, 'origin'>,
	path: string,
	{ method = 'GET', headers, body }: Call = {},
): Promise<Reply> {
	const response = await request(origin + path, { method: method as 'GET', headers, body });
	const text = await response.body.text();
	return {
		status: response.statusCode,
		headers: response.headers as Record<string, string>,
		text,
		json: parsed(text),
	};
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

export const tokenForm = ({ client }: Service, changes: Record<string, string> = {}): string =>
	new URLSearchParams({
		grant_type: 'client_credentials',
		client_id: client.clientId,
		client_secret: client.clientSecret,
		...changes,
	}).toString();

export async function askForToken(sandbox: Service, body: string): Promise<Reply> {
	return await call(sandbox, '/oauth/token', {
		method: 'POST',
		headers: { 'content-type': FORM },
		body,
	});
}

/** The header that a request is authorized with. */
export async function authorized(
	sandbox: Service,
	changes: Record<string, string> = {},
): Promise<{ authorization: string }> {
	const { json } = await askForToken(sandbox, tokenForm(sandbox, changes));
	return { authorization: `Bearer ${json.access_token}` };
}

export function evidenceForm(
	content = 'reviewed',
	{ fileName = 'review.csv', ...fields }: Record<string, string> = {},
): FormData {
	const form = new FormData();
	for (const [name, value] of Object.entries({ control_id: CONTROL, ...fields })) {
		form.append(name, value);
	}
	form.append('file', new File([content], fileName, { type: 'text/csv' }));
	return form;
}

export async function submit(
	sandbox: Service,
	body: FormData = evidenceForm(),
	headers?: Record<string, string>,
): Promise<Reply> {
	const sender = headers ?? (await authorized(sandbox));
	return await call(sandbox, EVIDENCE_PATH, { method: 'POST', headers: sender, body });
}
