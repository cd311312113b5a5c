import type {
	IAuthenticateRuleResponseCode,
	IAuthenticateRuleResponseSuccessBody,
	ICredentialDataDecryptedObject,
	ICredentialTestRequest,
	ICredentialType,
	IDataObject,
	IHttpRequestHelper,
	INodeProperties,
} from 'n8n-workflow';

import { BASE_URL_PATTERN } from '../nodes/Auditdex/api/token/baseUrl';
import { LOOKED_AFTER } from '../nodes/Auditdex/api/token/grantedToken';
import { currentToken } from '../nodes/Auditdex/api/token/currentToken';

/**
 * The token endpoint has the base URL's origin and the path `/oauth/token` (contract). For a base URL
 * that a secret must not be sent to, the address is one that nothing can be sent to, and that says
 * why where n8n shows it.
 */
const TOKEN_URL = `={{ ${BASE_URL_PATTERN}.test($self["baseUrl"]) ? $self["baseUrl"].replace(${BASE_URL_PATTERN}, "$1/oauth/token") : "base-url-must-start-with-https://refused" }}`;

const NOT_THE_API =
	"What answered is not the AUDITDEX API: it sent no data. Check 'Base URL'; it should end in /v1.";
const ELSEWHERE =
	"The address redirects elsewhere, which is not followed as it would carry the token away. Check 'Base URL'.";
const LATER = 'AUDITDEX could not answer just now. Try again later.';

/** What the credential's test says to the statuses that tell something. */
const STATUS_MESSAGES: ReadonlyArray<[status: number, message: string]> = [
	...[301, 302, 303, 307, 308].map((status): [number, string] => [status, ELSEWHERE]),
	[401, "AUDITDEX refused the access token. Check 'Client ID' and 'Client Secret'."],
	[
		403,
		'The credential works, but lacks the scope reports:read. Add it to Scope, or ask your AUDITDEX administrator to grant it.',
	],
	[404, "This is not the AUDITDEX API. Check 'Base URL'; it should end in /v1."],
	[405, "This is not the AUDITDEX API. Check 'Base URL'; it should end in /v1."],
	[410, "This address of the AUDITDEX API is no longer in use. Check 'Base URL'."],
	[
		429,
		'The credential works, but the rate limit of your AUDITDEX plan is used up. Try again in a minute.',
	],
	...[500, 502, 503, 504].map((status): [number, string] => [status, LATER]),
];

/** All that an answer can begin with in ASCII but a JSON object and a list. */
const NO_JSON_BEGINNINGS = Array.from({ length: 127 }, (_, code) =>
	String.fromCharCode(code),
).filter((char) => char !== '{' && char !== '[');

/** n8n's type knows rules of one kind only; its tester reads each by its own. */
const RULES: Array<IAuthenticateRuleResponseCode | IAuthenticateRuleResponseSuccessBody> = [
	...STATUS_MESSAGES.map(([value, message]) => ({
		type: 'responseCode' as const,
		properties: { value, message },
	})),
	{
		type: 'responseSuccessBody',
		properties: { key: 'length', value: 0, message: NOT_THE_API },
	},
	...NO_JSON_BEGINNINGS.map((value) => ({
		type: 'responseSuccessBody' as const,
		properties: { key: '0', value, message: NOT_THE_API },
	})),
];

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
			headers: { Accept: 'application/json, application/problem+json' },
			// A redirect would carry the token to another address, whose web page would count as success.
			disableFollowRedirect: true,
			// As text, so that the rules below see how the answer begins, and an empty list is one too.
			encoding: 'text',
		},
		rules: RULES as ICredentialTestRequest['rules'],
	};

	/**
	 * n8n calls this once it has a token, in the credential's test too: so that a scope which the
	 * service left out shows there, and not at night when evidence is to be submitted. A stored token may
	 * be older than what the credential says now, or than what the administrator has granted since.
	 *
	 * For requests of the Auditdex node nothing is done here; see `AccessTokens`.
	 */
	async preAuthentication(
		this: IHttpRequestHelper,
		credentials: ICredentialDataDecryptedObject,
	): Promise<IDataObject> {
		if (Object.keys(LOOKED_AFTER).every((mark) => mark in credentials)) return {};
		return { oauthTokenData: await currentToken(this.helpers, credentials) };
	}
}
