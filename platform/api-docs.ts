import express, { type RequestHandler } from 'express';
import swaggerUi from 'swagger-ui-express';
import type { OpenApiDocument } from './openapi.ts';

/**
 * Swagger UI, from the files of its package: nothing is fetched from elsewhere, and with `validatorUrl` off nothing is
 * sent elsewhere either.
 */
export function apiDocs(document: OpenApiDocument, documentUrl: string): RequestHandler {
  const options: swaggerUi.SwaggerUiOptions = {
    customSiteTitle: document.info.title,
    swaggerUrl: documentUrl,
    swaggerOptions: { validatorUrl: null, tryItOutEnabled: true, displayRequestDuration: true },
  };
  const page = swaggerUi.generateHTML(undefined, options);
  const [init, files] = swaggerUi.serveFiles(undefined, options);
  const router = express.Router({ strict: true });
  router.get('/', (req, res, next) => {
    // The page's own links are relative to this folder.
    if (req.originalUrl.split('?')[0]?.endsWith('/')) res.type('html').send(page);
    else if (req.baseUrl) res.redirect(301, `${req.baseUrl}/`);
    else next();
  });
  // In whatever way it is written: the package's folder is served as it is, and this file is no part of the UI.
  router.use((req, _res, next) => next(/package\.json/i.test(decoded(req.path)) ? 'router' : undefined));
  if (init) router.use(init);
  if (files) router.use(files);
  return router;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
