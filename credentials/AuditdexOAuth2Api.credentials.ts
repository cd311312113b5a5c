import type {
	ICredentialDataDecryptedObject,
	ICredentialTestRequest,
	ICredentialType,
	IDataObject,
	IHttpRequestHelper,
	INodeProperties,
} from 'n8n-workflow';

import { BASE_URL_PATTERN } from '../nodes/Auditdex/api/token/baseUrl';
import { assertGranted, type GrantedToken } from '../nodes/Auditdex/api/token/grantedToken';

/**
 * The token endpoint has the base URL's origin and the path `/oauth/token` (contract). For a base URL
 * that a secret must not be sent to, the address is one that nothing can be sent to, and that says
 * why where n8n shows it.
 */
const TOKEN_URL = `={{ ${BASE_URL_PATTERN}.test($self["baseUrl"]) ? $self["baseUrl"].replace(${BASE_URL_PATTERN}, "$1/oauth/token") : "base-url-must-start-with-https://refused" }}`;

export class AuditdexOAuth2Api implements ICredentialType {
	name = 'auditdexOAuth2Api';

	extends = ['oAuth2Api'];

	displayName = 'Auditdex OAuth2 API';

	icon = {
		light: 'file:../icons/auditdex.svg',
		dark: 'file:../icons/auditdex.dark.svg',
	} as const;

	documentationUrl = 'https://github.com/augixsys/n8n-nodes-auditdex#credential';

	properties: INodeProperties[] = [
		{
			displayName: 'Grant Type',
			name: 'grantType',
			type: 'hidden',
			default: 'clientCredentials',
		},
		{
			displayName: 'Client ID',
			name: 'clientId',
			type: 'string',
			default: '',
			required: true,
			description: 'The ID of the API client that your AUDITDEX administrator made for n8n',
		},
		{
			displayName: 'Client Secret',
			name: 'clientSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: 'https://api.augixsys.com/v1',
			required: true,
			description: 'The address of the AUDITDEX API; it must start with https://',
		},
		{
			displayName: 'Scope',
			name: 'scope',
			type: 'string',
			default: 'evidence:write controls:read reports:read',
			required: true,
			description: 'What n8n may do in AUDITDEX, separated by spaces',
		},
		{
			displayName: 'Access Token URL',
			name: 'accessTokenUrl',
			type: 'hidden',
			default: TOKEN_URL,
		},
		{
			displayName: 'Authentication',
			name: 'authentication',
			type: 'hidden',
			default: 'body',
		},
		{
			displayName: 'Send Additional Body Properties',
			name: 'sendAdditionalBodyProperties',
			type: 'hidden',
			default: false,
		},
		{
			displayName: 'Additional Body Properties',
			name: 'additionalBodyProperties',
			type: 'hidden',
			default: '',
		},
	];

	test: ICredentialTestRequest = {
		request: {
			baseURL: '={{ $credentials.baseUrl }}',
			url: '/engagements',
		},
		rules: [
			{
				type: 'responseCode',
				properties: {
					value: 401,
					message: 'AUDITDEX refused the access token. Check Client ID and Client Secret.',
				},
			},
			{
				type: 'responseCode',
				properties: {
					value: 403,
					message:
						'The credential works, but lacks the scope reports:read. Add it to Scope, or ask your AUDITDEX administrator to grant it.',
				},
			},
			{
				type: 'responseCode',
				properties: {
					value: 404,
					message: 'This is not the AUDITDEX API. Check Base URL; it should end in /v1.',
				},
			},
		],
	};

	/**
	 * n8n calls this once it has a token, in the credential's test too: so that a scope which the
	 * service left out shows there, and not at night when evidence is to be submitted.
	 */
	async preAuthentication(
		this: IHttpRequestHelper,
		{ scope, oauthTokenData }: ICredentialDataDecryptedObject,
	): Promise<IDataObject> {
		assertGranted((oauthTokenData ?? {}) as GrantedToken, typeof scope === 'string' ? scope : '');
		return {};
	}
}
