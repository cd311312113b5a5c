import type { IDataObject, IHookFunctions, IWebhookFunctions } from 'n8n-workflow';
import type { SecretsSource } from '../judgement';
import { RecentReadings } from './recentReadings';

export const CREDENTIAL_TYPE = 'auditdexWebhookApi';

const readings = new RecentReadings<IDataObject>();

/** The secrets of a node's credential, as recent as a delivery needs them. */
export function secretsFor(context: IWebhookFunctions): SecretsSource {
	const { id: nodeId, credentials } = context.getNode();
	// The editor's draft may have another credential than what is published.
	const key = [context.getWorkflow().id, nodeId, credentials?.[CREDENTIAL_TYPE]?.id].join(' ');
	const read = async () => await readSecrets(context);
	return {
		recent: async () => await readings.recent(key, read),
		anew: async () => await readings.anew(key, read),
	};
}

/** @throws what n8n throws where no credential is chosen, or it can't be had */
export async function readSecrets(
	context: IHookFunctions | IWebhookFunctions,
): Promise<IDataObject> {
	return await context.getCredentials<IDataObject>(CREDENTIAL_TYPE);
}
