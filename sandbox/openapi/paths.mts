/** On the admin port. */
export const DOCUMENT_PATH = '/openapi.yaml';
export const BROWSE_PATH = '/docs';
/** What is asked for below it goes to the API. */
export const API_THROUGH_HERE = '/service';
