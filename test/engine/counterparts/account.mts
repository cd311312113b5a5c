import type { NodeExecution } from '../harness/engine.mts';
import { runNode } from '../harness/engine.mts';
import { CREDENTIAL_TYPE } from '../harness/account.mts';
import { CredentialsHelper } from '../harness/credentials.mts';
import { keepContent } from '../harness/binary.mts';

export interface Counterpart {
	baseUrl: string;
	clientId?: string;
	clientSecret?: string;
	scope?: string;
}

/** Runs the Auditdex node with a credential for a service that isn't the sandbox. */
export async function nodeFor(
	counterpart: Counterpart,
): Promise<(parameters: Parameters<typeof runNode>[0], file?: File) => Promise<NodeExecution>> {
	const credentialsHelper = new CredentialsHelper();
	const credentials = await credentialsHelper.save(CREDENTIAL_TYPE, {
		clientId: 'client',
		clientSecret: 'the-secret-of-a-client',
		...counterpart,
	});
	return async (parameters, file) => {
		const binary = file && {
			data: await keepContent(Buffer.from(await file.arrayBuffer()), {
				fileName: file.name,
				mimeType: file.type,
			}),
		};
		return await runNode(parameters, [{ json: {}, binary }], {
			credentialsHelper,
			node: { credentials },
		});
	};
}
