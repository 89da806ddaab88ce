UPDATE package SET etag = '';
