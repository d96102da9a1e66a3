/** The servers of the local stack; docker-compose.yml names the same versions, a repository test compares them. */
export const kafkaVersion = '4.1.1';

/** Of the newer Apicurio versions only some have their runnable archive on Maven Central; this one has. */
export const apicurioVersion = '3.0.9';

/** The SLF4J binding that lets the broker write its log. */
export const slf4jVersion = '1.7.36';
