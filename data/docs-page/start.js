/* SPDX-License-Identifier: GPL-3.0-or-later */
/* without the bundle, which a build without Node.js lacks, the page stays as it is */
if (window.SwaggerUIBundle) {
  window.SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#operations",
    deepLinking: true,
    filter: true,
    displayRequestDuration: true,
    defaultModelsExpandDepth: 0,
    validatorUrl: null, /* a service elsewhere */
  });
}
