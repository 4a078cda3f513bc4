<?php
// Turns a service provider's metadata (standard input) into the provider's configuration of it, with its own parser:
// nothing but metadata is exchanged.
require getenv('IDP_CODE') . '/lib/_autoload.php';
$entities = SimpleSAML\Metadata\SAMLParser::parseDescriptorsString(file_get_contents('php://stdin'));
echo "<?php\n";
foreach ($entities as $entity) {
    $sp = $entity->getMetadata20SP();
    if ($sp === null) {
        continue;
    }
    unset($sp['entityDescriptor'], $sp['expire']);
    echo '$metadata[' . var_export($sp['entityid'], true) . '] = ' . var_export($sp, true) . ";\n";
}
