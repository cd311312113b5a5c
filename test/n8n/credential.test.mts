import type { IDataObject } from 'n8n-workflow';
import { beforeAll, describe, expect, it } from 'vitest';

import type { N8nClient } from '../../scripts/n8n/rest.mts';
import { CREDENTIAL_TYPE, connect, credentialData, sandbox } from './fixture.mts';

/** The token's address for a base URL that a secret must not be sent to says why it's refused. */
const HTTPS_ONLY = /base-url-must-start-with-https/;

/** Saves the credential, then tests it, as the editor does; each version is saved over the one before. */
async function saveAndTest(client: N8nClient, versions: IDataObject[]) {
	const [first, ...later] = versions;
	const credential = await client.createCredential(CREDENTIAL_TYPE, first!);
	let result = await client.testCredential(credential, CREDENTIAL_TYPE, first!);
	for (const version of later) {
		await client.updateCredential(credential, CREDENTIAL_TYPE, version);
		result = await client.testCredential(credential, CREDENTIAL_TYPE, version);
	}
	return result;
}

describe('Saving the credential in n8n', () => {
	let client: N8nClient;
	beforeAll(async () => {
		client = await connect();
	});

	it('says that a right one works', async () => {
		expect(await saveAndTest(client, [credentialData()])).toEqual({
			status: 'OK',
			message: 'Connection successful!',
		});
	});

	it.each([
		['a wrong client secret', { clientSecret: 'not-the-secret' }, /client authentication failed/i],
		['an unknown client ID', { clientId: 'nobody' }, /client authentication failed/i],
		['an unknown scope', { scope: 'evidence:write reports:write' }, /scope is invalid/],
		['a scope left out', { scope: 'evidence:write controls:read' }, /lacks the scope reports:read/],
		[
			'a scope the client may not have',
			{ clientId: sandbox.limitedClientId, clientSecret: sandbox.limitedClientSecret },
			/did not grant the scope reports:read/,
		],
		[
			'another path in the base URL',
			{ baseUrl: sandbox.baseUrl.replace('/v1', '/v9') },
			/Check Base URL; it should end in \/v1/,
		],
		['a base URL where nobody listens', { baseUrl: 'http://127.0.0.1:9/v1' }, /refused/],
		['a base URL without a scheme', { baseUrl: 'api.augixsys.com' }, HTTPS_ONLY],
		['an empty base URL', { baseUrl: '' }, HTTPS_ONLY],
		['http on a public host', { baseUrl: 'http://api.augixsys.com/v1' }, HTTPS_ONLY],
	])(
		'says what is wrong with %s, also after a right one was saved',
		async (_what, changes, says) => {
			const wrong = credentialData(changes);
			for (const versions of [[wrong], [credentialData(), wrong]]) {
				const { status, message } = await saveAndTest(client, versions);
				expect(status).toBe('Error');
				expect(message).toMatch(says);
				expect(message).not.toContain(wrong.clientSecret);
			}
		},
	);

	it('works again once the mistake is corrected', async () => {
		const wrong = credentialData({ clientSecret: 'not-the-secret' });
		expect((await saveAndTest(client, [wrong, credentialData()])).status).toBe('OK');
	});
});
